// What an artifact holds: a tree of files, links and folders, sorted by path. Its canonical JSON has one spelling
// for one tree; the sha256 of that text names the artifact.
#pragma once

#include <string>
#include <vector>

#include "core/base/digest.hpp"

namespace deployctl::model {

enum class EntryType { file, link, folder };

struct Entry {
  std::string path;  // relative, '/'-separated, UTF-8; never empty, ".", "..", absolute
  EntryType type = EntryType::file;
  unsigned mode = 0644;    // permission bits; files 0644 or 0755, folders 0755, both also without
                           // rights for others or the group (0640 ... 0700); links 0777
  std::uint64_t size = 0;  // files only
  Digest content;          // files only: sha256 of the bytes
  std::string link;  // links only: where it points; never absolute, ".." at its beginning only, never above the root
  bool operator==(const Entry&) const = default;
};

class Manifest {
 public:
  // Sorts by path (bytewise) and checks every rule above, that no path is named twice, that no entry lies beneath
  // a file or a link, and that each parent folder is listed (missing ones are added with 0755).
  static Result<Manifest> make(std::vector<Entry> entries);
  // Canonical JSON in, or Code::invalid: a manifest spelled in another way is refused.
  static Result<Manifest> parse(std::string_view json);

  const std::vector<Entry>& entries() const { return entries_; }
  const Entry* find(std::string_view path) const;   // nullptr: no such entry
  std::string json() const;                         // canonical, newline at the end
  const Digest& digest() const { return digest_; }  // sha256 of json()
  std::uint64_t total_size() const;                 // bytes of all files
  // Some entry keeps others out: agents without the feature "private-modes" refuse such a manifest.
  bool has_private_modes() const;

 private:
  std::vector<Entry> entries_;
  Digest digest_;
};

}  // namespace deployctl::model
