#include "core/io/trusted_path.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <optional>

#include "core/io/fd.hpp"
#include "core/io/files.hpp"

namespace deployctl::io {
namespace {

constexpr int max_links = 40;  // the kernel's limit

// The ':'-separated fields of each line of /etc/passwd or /etc/group. The static agent has no name service.
std::vector<std::vector<std::string>> account_lines(const std::string& file) {
  std::vector<std::vector<std::string>> out;
  const std::string text = read_file(file).value_or("");
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    std::vector<std::string> fields(1);
    for (std::size_t i = at; i < end; ++i) {
      if (text[i] == ':')
        fields.emplace_back();
      else
        fields.back() += text[i];
    }
    if (fields.size() >= 4) out.push_back(std::move(fields));
    at = end + 1;
  }
  return out;
}

std::string user_name(uid_t uid) {
  for (const auto& fields : account_lines("/etc/passwd"))
    if (fields[2] == std::to_string(uid)) return fields[0] + " (uid " + fields[2] + ")";
  return "uid " + std::to_string(uid);
}

bool is_trusted(uid_t uid) { return uid == 0 || uid == ::geteuid(); }

// In a user namespace that doesn't map all users, the owner of "/" is shown as 65534.
bool is_unmapped(uid_t uid) {
  if (uid != 65534) return false;
  const std::string map = read_file("/proc/self/uid_map").value_or("");
  return !map.empty() && map.find("4294967295") == std::string::npos;
}

// Whether only this user and root are in the group, as members or by their primary group.
bool is_private_group(gid_t gid) {
  const std::string number = std::to_string(gid);
  std::optional<std::string> members;
  for (const auto& fields : account_lines("/etc/group"))
    if (fields[2] == number) members = fields[3];
  if (!members) return false;  // from a directory service: members are unknown
  std::vector<std::string> ours;
  for (const auto& fields : account_lines("/etc/passwd")) {
    const bool trusted = fields[2] == "0" || fields[2] == std::to_string(::geteuid());
    if (trusted)
      ours.push_back(fields[0]);
    else if (fields[3] == number)
      return false;
  }
  std::string name;
  for (const char c : *members + ",") {
    if (c != ',')
      name += c;
    else if (!name.empty() && std::find(ours.begin(), ours.end(), std::exchange(name, {})) == ours.end())
      return false;
  }
  return true;
}

bool has_acl(int fd) {
  return ::getxattr(("/proc/self/fd/" + std::to_string(fd)).c_str(), "system.posix_acl_access", nullptr, 0) > 0;
}

bool is_writable_by_others(int fd, const struct stat& st) {
  if (st.st_mode & S_IWOTH) return true;
  return (st.st_mode & S_IWGRP) && (has_acl(fd) || !is_private_group(st.st_gid));
}

Error refusal(const std::string& path, const std::string& why) {
  return with_hint(
      error(Code::refused, path + " " + why + ": another user of this host could decide what runs here"),
      "look at what is in it before you take it over, or name a deploy_to in a folder that only this login can write");
}

Error owned_by(const std::string& path, const struct stat& st) {
  return refusal(path, "is owned by " + user_name(st.st_uid) + ", and not by " + user_name(::geteuid()) + " or root");
}

std::string mode_text(const struct stat& st) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(st.st_mode & 07777));
  return text;
}

Error writable(const std::string& path, const struct stat& st) {
  return refusal(path,
                 "can be written by other users (mode " + mode_text(st) + ", group " + std::to_string(st.st_gid) + ")");
}

// Checks the folder that a path names, or one of its `inside` folders.
Status check_folder(int fd, const struct stat& st, const std::string& path) {
  if (!is_trusted(st.st_uid)) return fail(owned_by(path, st));
  if (is_writable_by_others(fd, st)) return fail(writable(path, st));
  return {};
}

// Fails if another user can replace the entry `next` of a folder, or created it in a sticky one.
Status check_above(int fd, const struct stat& folder, const std::string& path, const struct stat& next,
                   const std::string& next_path) {
  if (!is_trusted(folder.st_uid) && !is_unmapped(folder.st_uid)) return fail(owned_by(path, folder));
  if (!is_writable_by_others(fd, folder)) return {};
  if (!(folder.st_mode & S_ISVTX)) return fail(writable(path, folder));
  return is_trusted(next.st_uid) ? Status{} : fail(owned_by(next_path, next));
}

class Walk {
 public:
  explicit Walk(const std::string& path) { push(path); }
  // The folder at the end of the path; nullopt if it doesn't exist.
  Result<std::optional<Fd>> run();
  const std::string& path() const { return path_; }
  const struct stat& status() const { return status_; }

 private:
  void push(const std::string& path);
  Status root();
  Result<bool> step(const std::string& name);  // false: it doesn't exist
  Status follow(const std::string& name);

  std::deque<std::string> rest_;
  Fd at_;
  struct stat status_ {};
  std::string path_;  // the real path of at_
  int links_ = 0;
};

// Prepends the components of `path` to those still to be walked.
void Walk::push(const std::string& path) {
  std::deque<std::string> parts;
  for (std::size_t at = 0; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto part = path.substr(at, end - at);
    if (!part.empty() && part != ".") parts.push_back(part);
    at = end + 1;
  }
  rest_.insert(rest_.begin(), parts.begin(), parts.end());
}

Status Walk::root() {
  at_ = Fd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!at_ || ::fstat(at_.get(), &status_) != 0) return fail(os_error(errno, "open /"));
  path_.clear();
  return {};
}

Result<std::optional<Fd>> Walk::run() {
  DEPLOYCTL_CHECK(root());
  while (!rest_.empty()) {
    const std::string name = rest_.front();
    rest_.pop_front();
    DEPLOYCTL_TRY(there, step(name));
    if (!there) return std::optional<Fd>{};
  }
  return std::optional(std::move(at_));
}

Result<bool> Walk::step(const std::string& name) {
  const std::string path = path_ + "/" + name;
  struct stat next {};
  if (::fstatat(at_.get(), name.c_str(), &next, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno != ENOENT) return fail(os_error(errno, "look at " + path));
    // It would be created here by this user, so check as if it existed and were ours.
    next.st_uid = ::geteuid();
    DEPLOYCTL_CHECK(check_above(at_.get(), status_, path_.empty() ? "/" : path_, next, path));
    return false;
  }
  DEPLOYCTL_CHECK(check_above(at_.get(), status_, path_.empty() ? "/" : path_, next, path));
  if (S_ISLNK(next.st_mode)) {
    DEPLOYCTL_CHECK(follow(name));
    return true;
  }
  Fd opened(::openat(at_.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened) return fail(os_error(errno, "open " + path));
  if (::fstat(opened.get(), &status_) != 0) return fail(os_error(errno, "look at " + path));
  if (status_.st_dev != next.st_dev || status_.st_ino != next.st_ino)
    return fail(Code::refused, path + " is being exchanged");
  at_ = std::move(opened);
  // Only links lead upwards; the folder was checked on the way down.
  path_ = name == ".." ? parent_dir(path_.empty() ? "/" : path_) : path;
  if (path_ == "/") path_.clear();
  return true;
}

Status Walk::follow(const std::string& name) {
  char text[PATH_MAX];
  const ssize_t n = ::readlinkat(at_.get(), name.c_str(), text, sizeof text);
  if (n < 0) return fail(os_error(errno, "read link " + path_ + "/" + name));
  if (++links_ > max_links) return fail(Code::invalid, path_ + "/" + name + ": too many links");
  const std::string target(text, static_cast<std::size_t>(n));
  if (target.starts_with('/')) {
    DEPLOYCTL_CHECK(root());
  }
  push(target);
  return {};
}

}  // namespace

Status check_trusted(const std::string& path, const std::vector<std::string>& inside) {
  Walk walk(path);
  DEPLOYCTL_TRY(folder, walk.run());
  if (!folder) return {};
  DEPLOYCTL_CHECK(check_folder(folder->get(), walk.status(), path));
  for (const auto& name : inside) {
    const Fd fd(::openat(folder->get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat st {};
    if (!fd && errno == ENOENT) continue;
    if (!fd || ::fstat(fd.get(), &st) != 0) return fail(os_error(errno, "look at " + path + "/" + name));
    if (!S_ISDIR(st.st_mode)) return fail(refusal(path + "/" + name, "is not a folder"));
    DEPLOYCTL_CHECK(check_folder(fd.get(), st, path + "/" + name));
  }
  return {};
}

Status check_own_file(int fd, const std::string& path) {
  struct stat st {};
  if (::fstat(fd, &st) != 0) return fail(os_error(errno, "look at " + path));
  if (!S_ISREG(st.st_mode)) return fail(refusal(path, "is no plain file"));
  if (!is_trusted(st.st_uid)) return fail(owned_by(path, st));
  return {};
}

Result<std::string> read_own_file(const std::string& path, std::uint64_t most) {
  // Without O_NONBLOCK, a FIFO planted by another user would block the open.
  auto fd = open_fd(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!fd) {
    struct stat st {};
    if (::lstat(path.c_str(), &st) == 0 && S_ISLNK(st.st_mode)) return fail(refusal(path, "is a link"));
    return fail(fd.error());
  }
  DEPLOYCTL_CHECK(check_own_file(fd->get(), path));
  return read_open_file(fd->get(), path, most);
}

}  // namespace deployctl::io
