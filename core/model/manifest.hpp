// The contents of an artifact: a tree of files, links and folders, sorted by path. Its canonical JSON has exactly one
// form; the SHA-256 of that text identifies the artifact.
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
  Digest content;          // files only: SHA-256 of the contents
  std::string link;        // links only: the target; never absolute, ".." only at its beginning, never above the root
  bool operator==(const Entry&) const = default;
};

class Manifest {
 public:
  // Sorts by path (bytewise) and checks the rules above, that paths are unique, that no entry is beneath a file or a
  // link, and that every parent folder is listed (missing ones are added with mode 0755).
  static Result<Manifest> make(std::vector<Entry> entries);
  // Code::invalid: not canonical JSON, or a rule is broken.
  static Result<Manifest> parse(std::string_view json);

  const std::vector<Entry>& entries() const { return entries_; }
  const Entry* find(std::string_view path) const;   // nullptr: not found
  std::string json() const;                         // canonical, ends with a newline
  const Digest& digest() const { return digest_; }  // sha256 of json()
  std::uint64_t total_size() const;                 // bytes of all files
  // Whether an entry denies access to others: agents without the feature "private-modes" refuse such a manifest.
  bool has_private_modes() const;

 private:
  std::vector<Entry> entries_;
  Digest digest_;
};

}  // namespace deployctl::model
