// A release on its way in: a TreeSink that builds releases/.staging-FOLDER from a payload's contents and a kept base,
// and makes it releases/FOLDER when all is there, verified and on disk. Paths come from the checked manifest and are
// opened beneath the folder. Files are read-only; what the base has too is a hard link to it where that can be and it
// is as it was sealed, else a copy that is verified. Destroyed before commit(), it takes the folder away again.
// Code::absent with "base": the base can't serve, ask for a payload without one. Blocking; one thread at a time; the
// slot's staging lock is the caller's.
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
  static Result<Base> of(const Slot& slot, const Digest& artifact);  // Code::absent "base ..."
  const model::Entry* file(const Digest& content) const;             // nullptr: it has none with this content
  Result<io::Fd> open(const Digest& content) const;                  // verified by nobody yet
  int dir() const { return dir_.get(); }
  const model::Manifest& manifest() const { return manifest_; }
  bool links() const { return links_; }  // its files never change: no install hook
  std::int64_t sealed() const { return sealed_; }

 private:
  io::Fd dir_;
  model::Manifest manifest_;
  std::unordered_map<Digest, const model::Entry*> files_;  // in the manifest
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

  // Every content must be there. Then: to disk, and its name.
  Status commit();

 private:
  using Paths = std::vector<const model::Entry*>;
  // What goes from the base to the new tree, in the order of the paths.
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
  model::LinkedPaths linked_;       // entries that give way to links: they aren't placed
  std::map<Digest, Paths> wanted_;  // not here yet
  io::Fd dir_;
  bool each_synced_ = true;
  const model::Entry* writing_ = nullptr;
  Paths also_;  // other paths of what is being written
  io::Fd file_;
};

// Removes what crashes left of earlier stagings. What can't be removed stays, and keeps no other release from being
// staged: the next prune reports it. Under the staging lock.
Status clear_staging(const Slot& slot);

}  // namespace deployctl::target
