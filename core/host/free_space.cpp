#include "core/host/free_space.hpp"

#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/io/files.hpp"

namespace deployctl::host {
namespace {

bool says(const Error& e, int errnum) { return e.text().find(std::strerror(errnum)) != std::string::npos; }

Error explain_full(Error e, const std::string& path, const std::optional<FreeSpace>& space) {
  const std::string undo = ", then remove what is not needed there, or lower keep_releases";
  if (says(e, EDQUOT))
    return with_hint(with_context(std::move(e), "in " + path),
                     "on the target: quota -s; then remove what is not needed there, or have the quota raised");
  if (!space)
    return with_hint(with_context(std::move(e), "in " + path),
                     "on the target: df -h " + path + " and df -i " + path + undo);
  // ENOSPC also means that the file system is out of inodes, while gigabytes may be free.
  constexpr std::uint64_t few_files = 16;
  const bool files = (space->files && *space->files < few_files) || e.message.find("inode") != std::string::npos;
  if (files) {
    const std::string left = space->files ? std::to_string(*space->files) : "no";
    return with_hint(
        with_context(std::move(e), "in " + path + ", where " + left + " inodes are free (files and folders; " +
                                       megabytes(space->bytes) + " are free)"),
        "on the target: df -i " + path + undo);
  }
  return with_hint(with_context(std::move(e), "in " + path + ", where " + megabytes(space->bytes) + " are free"),
                   "on the target: df -h " + path + undo);
}

Error explain_denied(Error e, const StorageFacts& facts, const std::string& path) {
  if (says(e, EROFS))
    return with_hint(std::move(e), "the file system is mounted read-only; on the target: findmnt -T " + path);
  if (facts.unwritable.empty())
    return with_hint(std::move(e), "on the target, as " + facts.user + ": ls -ld " + path + "; lsattr -d " + path);
  if (!facts.exists)
    return with_hint(std::move(e),
                     "make it on the target for the user that deploys: sudo install -d -o " + facts.user + " " + path);
  return with_hint(std::move(e), facts.user + " can't write to " + facts.unwritable + "; on the target: ls -ld " +
                                     facts.unwritable + ", and if it is this service's own: sudo chown " + facts.user +
                                     " " + facts.unwritable);
}

std::string user_name() {
  for (const char* name : {"USER", "LOGNAME"})  // set by sshd; the user database would need a dynamic C library
    if (const char* value = std::getenv(name); value && *value) return value;
  return std::to_string(::geteuid());
}

// The first of the folders that a deployment writes to that this user can't write to.
std::string unwritable_of(const std::string& path) {
  std::string above = path;
  while (!io::exists(above)) above = io::parent_dir(above);
  if (::access(above.c_str(), W_OK | X_OK) != 0) return above;
  for (const char* name : {"/.deployctl", "/releases", "/shared"})
    if (const auto folder = path + name; io::exists(folder) && ::access(folder.c_str(), W_OK | X_OK) != 0)
      return folder;
  return {};
}

}  // namespace

std::optional<FreeSpace> free_space(const std::string& path) {
  std::string at = path;
  while (!io::exists(at)) at = io::parent_dir(at);
  struct statvfs st {};
  if (::statvfs(at.c_str(), &st) != 0) return {};
  FreeSpace space{static_cast<std::uint64_t>(st.f_bavail) * st.f_frsize, {}};
  if (st.f_files > 0) space.files = st.f_favail;
  return space;
}

std::optional<std::uint64_t> free_bytes(const std::string& path) {
  const auto space = free_space(path);
  return space ? std::optional(space->bytes) : std::nullopt;
}

std::string megabytes(std::uint64_t bytes) {
  char text[40];
  std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

Error explain_storage(Error e, const std::string& path, const StorageFacts& facts) {
  if (!e.hint.empty()) return e;
  if (e.code == Code::no_space) return explain_full(std::move(e), path, facts.space);
  if (e.code == Code::denied) return explain_denied(std::move(e), facts, path);
  return e;
}

Error explain_storage(Error e, const std::string& path) {
  if (e.code != Code::no_space && e.code != Code::denied) return e;
  return explain_storage(std::move(e), path, {free_space(path), unwritable_of(path), io::exists(path), user_name()});
}

}  // namespace deployctl::host
