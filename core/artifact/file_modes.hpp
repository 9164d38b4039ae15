// Which permissions of a checkout's files an artifact carries, and what it leaves behind: pure, but for reading
// extended attributes. Blocking.
#pragma once

#include <sys/stat.h>

#include <map>
#include <string>
#include <vector>

namespace deployctl::artifact {

// The mode of an entry: 0755 for folders and for files that their owner may execute, else 0644; without the rights of
// others where others have none here, and without those of the group where the group has none either.
unsigned carried_mode(mode_t mode);
// All rights that a folder leaves to what lies in it: 0777, 0770 or 0700.
unsigned audience_of(mode_t folder);

// What of the collected files isn't carried or stays private, for the build's output.
class ModeNotes {
 public:
  // `root` is the checkout: what its folders hand down (setgid, default ACLs) was not set by the build.
  explicit ModeNotes(const std::string& root);

  // `path` as the artifact names it; `source` where it stands.
  void add(const std::string& path, const std::string& source, const struct stat& st, unsigned carried);
  std::vector<std::string> lines() const;

 private:
  struct Paths {
    std::string first;
    std::size_t more = 0;
  };
  void note(const std::string& what, const std::string& path);
  std::map<std::string, Paths> lost_;
  Paths private_;
  bool root_setgid_ = false, root_acl_ = false;
};

}  // namespace deployctl::artifact
