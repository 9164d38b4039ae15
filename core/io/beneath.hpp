// Opens files by untrusted paths beneath a folder that is held open: no "..", no absolute path, and no symbolic link is
// followed, even if the tree changes meanwhile. Uses openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), or O_NOFOLLOW
// component by component where the kernel or a sandbox has no openat2.
//
// A path is relative, with non-empty components other than "." and ".."; otherwise Code::invalid. A symbolic link on
// the way: Code::denied. Blocking; any thread. `dir` is borrowed.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/io/fd.hpp"

namespace deployctl::io {

// Checks the rule for paths only.
Status check_relative(std::string_view path);

// Like open_fd, with O_NOFOLLOW. The folders on the way must exist.
Result<Fd> open_beneath(int dir, const std::string& path, int flags, unsigned mode = 0644);
// Creates the folder and every missing folder above it.
Status make_dirs_beneath(int dir, const std::string& path, unsigned mode = 0755);

// The folder that holds the last component, and that component, for the *at calls that create, link, rename and remove.
struct Place {
  Fd dir;
  std::string name;
};
Result<Place> place_beneath(int dir, const std::string& path);

// The same for many paths in order: the last folder stays open for the next path.
class ParentFolder {
 public:
  explicit ParentFolder(int dir) : dir_(dir) {}
  struct At {
    int dir = -1;  // valid until the next call
    std::string name;
  };
  Result<At> of(const std::string& path);

 private:
  int dir_;
  std::string path_;  // of the open folder; empty: none is open
  Fd open_;
};

// Creates a symbolic link at `path`. `target` is its text, which is not checked.
Status symlink_beneath(int dir, const std::string& path, const std::string& target);
// Creates a hard link at `path` to the file `from` beneath `from_dir`. `link_errno` lets the caller distinguish EXDEV,
// EMLINK and EPERM.
Status link_beneath(int from_dir, const std::string& from, int dir, const std::string& path, int* link_errno = nullptr);
// The target text of a symbolic link.
Result<std::string> read_link_beneath(int dir, const std::string& path);
// Removes anything but a folder. A missing file is success.
Status unlink_beneath(int dir, const std::string& path);

namespace detail {
// The fallback without openat2; always compiled and tested.
Result<Fd> open_by_component(int dir, const std::string& path, int flags, unsigned mode);
}  // namespace detail

}  // namespace deployctl::io
