// Files named by somebody else's paths, kept beneath a folder that we hold open: no "..", no absolute path, no link
// followed on the way, however the tree changes meanwhile. openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), and
// component by component with O_NOFOLLOW where the kernel (or a sandbox) has no openat2.
//
// A path is relative, of non-empty components other than "." and "..": else Code::invalid. A link met on the way:
// Code::denied. Blocking; any thread. `dir` is borrowed.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/io/fd.hpp"

namespace deployctl::io {

// The rule for paths, alone.
Status check_relative(std::string_view path);

// As open_fd; O_NOFOLLOW is implied. Folders on the way must exist.
Result<Fd> open_beneath(int dir, const std::string& path, int flags, unsigned mode = 0644);
// The folder itself and every missing one above it.
Status make_dirs_beneath(int dir, const std::string& path, unsigned mode = 0755);

// The folder that holds the last component, and that component: for the *at calls that make, link, rename and remove.
struct Place {
  Fd dir;
  std::string name;
};
Result<Place> place_beneath(int dir, const std::string& path);

// The same for many paths in their order: the last folder stays open for the next path.
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
  std::string path_;  // of the open folder; empty: dir_ itself
  Fd open_;
};

// A symbolic link at `path`, whose text is `target` as it stands (it is not looked at).
Status symlink_beneath(int dir, const std::string& path, const std::string& target);
// A hard link at `path` to the file `from` beneath `from_dir`. EXDEV, EMLINK and EPERM are told apart by link_errno.
Status link_beneath(int from_dir, const std::string& from, int dir, const std::string& path, int* link_errno = nullptr);
// The text of a link.
Result<std::string> read_link_beneath(int dir, const std::string& path);
// Removes what is no folder; nothing there: success.
Status unlink_beneath(int dir, const std::string& path);

namespace detail {
// The way without openat2, always compiled and tested.
Result<Fd> open_by_component(int dir, const std::string& path, int flags, unsigned mode);
}  // namespace detail

}  // namespace deployctl::io
