// The file permissions that an artifact keeps, and notes about those that it drops. Pure, except for reading extended
// attributes. Blocking.
#pragma once

#include <sys/stat.h>

#include <map>
#include <string>
#include <vector>

namespace deployctl::artifact {

// The mode of an entry: 0755 for folders and for files that their owner may execute, else 0644. Without permissions for
// others if others have none, and without those for the group if neither group nor others have any.
unsigned carried_mode(mode_t mode);
// The permissions that a folder can grant for its contents: 0777, 0770 or 0700.
unsigned audience_of(mode_t folder);

// Collects notes for the build output: permissions that are dropped, and files that stay private.
class ModeNotes {
 public:
  // `root` is the checkout. Attributes that its folders pass on (setgid, default ACLs) were not set by the build and
  // are not reported.
  explicit ModeNotes(const std::string& root);

  // `path`: in the artifact; `source`: in the checkout.
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
