#include "plans/keys/paths.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "core/io/files.hpp"
#include "core/text/utf8.hpp"

namespace deployctl::plans {
namespace {

namespace fs = std::filesystem;

std::string home() {
  if (const char* set = std::getenv("HOME"); set && *set == '/') return set;
  const passwd* entry = ::getpwuid(::getuid());
  return entry && entry->pw_dir ? entry->pw_dir : "/";
}

Status check_home_form(std::string_view text) {
  if (text::has_control(text)) return fail(Code::invalid, "a path may hold no tabs or line ends");
  if (text.starts_with('~') && !text.starts_with("~/"))
    return fail(Code::invalid, fmt::format("'{}' is not understood: only ~/ is", text));
  return {};
}

std::string tidy(const fs::path& path) {
  std::string out = path.lexically_normal().string();
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return out;
}

}  // namespace

Result<std::string> relative_path(std::string_view text) {
  if (text.starts_with('/')) return fail(Code::invalid, "a relative path");
  if (text::has_control(text)) return fail(Code::invalid, "a path without tabs or line ends");
  std::string out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto slash = std::min(text.find('/', at), text.size());
    const std::string_view part = text.substr(at, slash - at);
    at = slash + 1;
    if (part == "..") return fail(Code::invalid, "a path without '..'");
    if (part.empty() || part == ".") continue;
    out += (out.empty() ? "" : "/") + std::string(part);
  }
  return out;
}

bool is_beneath(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path.substr(folder.size()).starts_with('/'));
}

Result<std::string> local_path(std::string_view text, const std::string& dir) {
  DEPLOYCTL_CHECK(check_home_form(text));
  if (text.starts_with("~/")) return tidy(fs::path(home()) / text.substr(2));
  return tidy(fs::path(dir) / text);
}

bool is_absolute_or_home(std::string_view text) { return text.starts_with('/') || text.starts_with("~/"); }

Result<std::string> key_path(std::string_view text, const std::string& dir) {
  DEPLOYCTL_CHECK(check_home_form(text));
  if (is_absolute_or_home(text)) return std::string(text);
  return tidy(fs::path(dir) / text);
}

Result<std::string> target_folder(std::string_view text) {
  DEPLOYCTL_CHECK(check_home_form(text));
  if (!is_absolute_or_home(text)) return fail(Code::invalid, "an absolute path, or one in ~/");
  const bool in_home = text.starts_with('~');
  auto below = relative_path(text.substr(std::min(text.find_first_not_of('/', in_home ? 2 : 0), text.size())));
  if (!below) return fail(std::move(below).error());
  if (below->empty()) return fail(Code::invalid, in_home ? "a folder beneath ~/" : "a folder of its own");
  return (in_home ? "~/" : "/") + *below;
}

std::string shown_beside(const std::string& near, std::string_view name) {
  if (name.starts_with('/') || name.starts_with("~/")) return std::string(name);
  const std::string dir = io::parent_dir(near);
  return dir == "." && near.find('/') == std::string::npos ? std::string(name) : tidy(fs::path(dir) / name);
}

std::string folder_of(const std::string& file) {
  std::error_code ec;
  const fs::path absolute = fs::absolute(file, ec);
  if (ec) return io::parent_dir(file);
  const fs::path real = fs::canonical(absolute.parent_path(), ec);
  return ec ? tidy(absolute.parent_path()) : real.string();
}

}  // namespace deployctl::plans
