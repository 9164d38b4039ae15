// A release that is being received: a TreeSink that builds releases/.staging-FOLDER from a payload's contents and a
// kept base, and renames it to releases/FOLDER when everything is present, verified and on disk. Paths come from the
// checked manifest and are opened beneath the folder. Files are read-only. A file that the base also has becomes a hard
// link to it if that is possible and the file is as it was sealed, otherwise a verified copy. If destroyed before
// commit(), it removes the folder. Code::not_found with "base": the base can't be used, request a payload without one.
// Blocking; one thread at a time; the caller holds the slot's staging lock.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agents/target/slot/kept_releases.hpp"
#include "core/io/fd.hpp"
#include "core/model/linked_paths.hpp"
#include "core/payload/decode/decode.hpp"

namespace deployctl::target {

// A kept release's files by content.
class Base {
 public:
  static Result<Base> of(const Slot& slot, const Digest& artifact);  // or Code::not_found "base ..."
  const model::Entry* file(const Digest& content) const;             // nullptr: it has none with this content
  Result<io::Fd> open(const Digest& content) const;                  // not verified
  int dir() const { return dir_.get(); }
  const model::Manifest& manifest() const { return manifest_; }
  bool links() const { return links_; }  // its files never change: no install hook
  std::int64_t sealed() const { return sealed_; }

 private:
  io::Fd dir_;
  model::Manifest manifest_;
  std::unordered_map<Digest, const model::Entry*> files_;  // point into the manifest
  std::int64_t sealed_ = 0;
  bool links_ = true;
};

class Staging : public payload::TreeSink {
 public:
  // `base` is borrowed; may be null.
  Staging(Slot slot, model::Release release, const Base* base);
  ~Staging() override;

  Status begin(const model::Manifest& manifest) override;
  Status begin_content(const Digest& content, std::uint64_t size) override;
  Status data(BytesView bytes) override;
  Status end_content() override;

  // Every content must have arrived. Flushes the tree to disk and gives it its name.
  Status commit();

 private:
  using Paths = std::vector<const model::Entry*>;
  // Folders for copying from the base to the new tree, in the order of the paths.
  struct FromBase;
  Status place(FromBase* from, const model::Entry& entry);
  Status place_from_base(FromBase& from, const model::Entry& known, const model::Entry& entry);
  Status place_again(const model::Entry& from, const model::Entry& to);
  Result<Digest> copy(int from, const model::Entry& to);
  Status seal(io::Fd file, const model::Entry& entry);
  Status check_room() const;
  Status to_disk();
  Status take_name();
  std::string folder() const { return slot_.releases() + "/.staging-" + release_.folder(); }

  Slot slot_;
  model::Release release_;
  const Base* base_;
  bool links_;
  bool committed_ = false;
  std::optional<model::Manifest> manifest_;
  model::LinkedPaths linked_;       // entries replaced by links are not placed
  std::map<Digest, Paths> wanted_;  // contents that have not arrived
  io::Fd dir_;
  bool each_synced_ = true;
  const model::Entry* writing_ = nullptr;
  Paths also_;  // further paths with the content being written
  io::Fd file_;
};

// Removes what earlier stagings left after a crash. What can't be removed does not prevent another release from being
// staged; the next prune reports it. Under the staging lock.
Status clear_staging(const Slot& slot);

}  // namespace deployctl::target
