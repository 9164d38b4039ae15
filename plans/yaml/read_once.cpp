#include "plans/yaml/read_once.hpp"

#include <sys/stat.h>

#include <map>
#include <mutex>

#include "core/io/files.hpp"

namespace deployctl::plans {
namespace {

// Paths in /dev and /proc don't count even if they are regular files: the file that a name such as /dev/stdin refers to
// depends on the process.
bool may_be_read_again(const std::string& path) {
  struct stat st {};
  return !path.starts_with("/dev/") && !path.starts_with("/proc/") &&
         (::stat(path.c_str(), &st) != 0 || S_ISREG(st.st_mode));
}

}  // namespace

Result<std::string> read_once(const std::string& path, std::uint64_t most) {
  if (may_be_read_again(path)) return io::read_file(path, most);
  static std::mutex reading;
  static std::map<std::string, std::string> texts;
  const std::lock_guard lock(reading);
  if (const auto known = texts.find(path); known != texts.end()) return known->second;
  DEPLOYCTL_TRY(text, io::read_file(path, most));
  texts.emplace(path, text);
  return text;
}

}  // namespace deployctl::plans
