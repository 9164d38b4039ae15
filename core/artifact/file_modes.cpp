#include "core/artifact/file_modes.hpp"

#include <fmt/core.h>
#include <sys/xattr.h>

#include <string_view>

namespace deployctl::artifact {
namespace {

// The names of the extended attributes of a file; empty if it has none or the file system does not support them.
std::vector<std::string> attributes_of(const std::string& path) {
  char names[4096];
  const ssize_t n = ::llistxattr(path.c_str(), names, sizeof names);
  std::vector<std::string> out;
  for (ssize_t at = 0; at < n;) {
    out.emplace_back(names + at);
    at += static_cast<ssize_t>(out.back().size()) + 1;
  }
  return out;
}

std::string with_more(const std::string& first, std::size_t more) {
  return more == 0 ? first : fmt::format("{} and {} more", first, more);
}

}  // namespace

unsigned carried_mode(mode_t mode) {
  const unsigned whole = S_ISDIR(mode) || (mode & S_IXUSR) ? 0755 : 0644;
  return whole & audience_of(mode);
}

unsigned audience_of(mode_t mode) {
  if ((mode & 0077) == 0) return 0700;
  return (mode & 0007) == 0 ? 0770 : 0777;
}

ModeNotes::ModeNotes(const std::string& root) {
  struct stat st {};
  root_setgid_ = ::stat(root.c_str(), &st) == 0 && (st.st_mode & S_ISGID);
  for (const auto& name : attributes_of(root)) root_acl_ = root_acl_ || name.starts_with("system.posix_acl_");
}

void ModeNotes::note(const std::string& what, const std::string& path) {
  auto [at, fresh] = lost_.try_emplace(what, Paths{path, 0});
  if (!fresh) ++at->second.more;
}

void ModeNotes::add(const std::string& path, const std::string& source, const struct stat& st, unsigned carried) {
  const bool folder = S_ISDIR(st.st_mode);
  const auto with_mode = fmt::format("{} (mode {:04o})", path, static_cast<unsigned>(st.st_mode & 07777));
  if (st.st_mode & S_ISUID) note("the setuid bit", with_mode);
  if ((st.st_mode & S_ISGID) && !(folder && root_setgid_)) note("the setgid bit", with_mode);
  if (st.st_mode & S_ISVTX) note("the sticky bit", with_mode);
  if (folder && (st.st_mode & S_IWOTH)) note("the right of everybody to write", with_mode);
  for (const auto& name : attributes_of(source)) {
    if (name == "security.capability")
      note("the capabilities", path);
    else if (name.starts_with("system.posix_acl_") && !root_acl_)
      note("the access control list", path);
    else if (name.starts_with("user."))
      note("the extended attribute " + name, path);
  }
  if ((carried & 0007) != 0) return;
  if (private_.first.empty())
    private_.first = path;
  else
    ++private_.more;
}

std::vector<std::string> ModeNotes::lines() const {
  std::vector<std::string> out;
  for (const auto& [what, paths] : lost_)
    out.push_back(fmt::format("not carried to the targets: {} of {}; artifacts have no such permissions", what,
                              with_more(paths.first, paths.more)));
  if (!private_.first.empty())
    out.push_back(fmt::format("modes without rights for others are kept on the targets: {}",
                              with_more(private_.first, private_.more)));
  return out;
}

}  // namespace deployctl::artifact
