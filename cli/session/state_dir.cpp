#include "cli/session/state_dir.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "core/io/files.hpp"

namespace deployctl::cli {
namespace {

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Result<StateDir> at(const std::string& path) {
  std::error_code problem;
  const auto absolute = std::filesystem::absolute(path, problem).lexically_normal();
  if (problem) return fail(os_error(problem.value(), "the state folder " + path));
  std::string root = absolute.string();
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  return StateDir{root};
}

Status check_private(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return fail(os_error(errno, "look at " + path));
  if (st.st_mode & S_IWOTH)
    return fail(with_hint(error(Code::refused, "the state folder " + path + " may be written to by everybody"),
                          "chmod o-w " + path));
  return {};
}

}  // namespace

Result<StateDir> StateDir::find(const std::string& option) {
  if (!option.empty()) return at(option);
  if (const auto own = from_environment("DEPLOYCTL_STATE"); !own.empty()) return at(own);
  // The XDG specification: a relative path is ignored.
  if (const auto xdg = from_environment("XDG_STATE_HOME"); xdg.starts_with('/')) return at(xdg + "/deployctl");
  if (const auto home = from_environment("HOME"); !home.empty()) return at(home + "/.local/state/deployctl");
  return fail(with_hint(error(Code::invalid, "nothing says where to keep the state: HOME is not set"),
                        "give --state DIR or set DEPLOYCTL_STATE"));
}

Status StateDir::make() const {
  DEPLOYCTL_CHECK(io::make_dirs(root, 0700));
  DEPLOYCTL_CHECK(check_private(root));
  for (const auto& dir : {store(), git(), work(), logs(), locks()}) {
    DEPLOYCTL_CHECK(io::make_dirs(dir, 0700));
  }
  return {};
}

}  // namespace deployctl::cli
