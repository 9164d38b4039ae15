#include "core/artifact/glob.hpp"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "core/io/beneath.hpp"
#include "core/io/files.hpp"

namespace deployctl::artifact {
namespace {

class Expansion {
 public:
  Expansion(const std::string& root, std::vector<std::string> parts) : root_(root), parts_(std::move(parts)) {}

  // Matches the components from `i` on in the folder `at` ("" or "a/b/").
  Status go(const std::string& at, std::size_t i) {
    if (parts_[i] == "**") return go_deep(at, i);
    // An existing name is taken literally: pages/[slug].js is a file, not "one of s, l, u, g".
    if (!has_wildcards(parts_[i]) || (may_be_name(parts_[i]) && kind(at + parts_[i]) != Kind::none))
      return take(at, parts_[i], i);
    DEPLOYCTL_TRY(names, io::list_dir(root_ + "/" + at));
    for (const auto& name : names) {
      if (name == ".git" || ::fnmatch(parts_[i].c_str(), name.c_str(), FNM_PERIOD) != 0) continue;
      DEPLOYCTL_CHECK(take(at, name, i));
    }
    return {};
  }
  std::vector<std::string> found() const { return {found_.begin(), found_.end()}; }

 private:
  enum class Kind { none, folder, link, other };
  Kind kind(const std::string& path) const {
    struct stat st {};
    if (::lstat((root_ + "/" + path).c_str(), &st) != 0) return Kind::none;
    return S_ISDIR(st.st_mode) ? Kind::folder : S_ISLNK(st.st_mode) ? Kind::link : Kind::other;
  }

  Status take(const std::string& at, const std::string& name, std::size_t i) {
    const std::string path = at + name;
    const Kind what = kind(path);
    if (what == Kind::none) return {};
    if (i + 1 == parts_.size()) {
      if (!deep_ || what != Kind::folder) found_.insert(path);
      return {};
    }
    // A wildcard may match links and skips them; a link that is named explicitly is an error.
    if (what == Kind::link && name == parts_[i])
      return fail(Code::build_failed, path + " is a symbolic link, and what stands behind one is not taken");
    return what == Kind::folder ? go(path + "/", i + 1) : Status();
  }

  // `**` matches any number of folders; as the last component it matches every file.
  Status go_deep(const std::string& at, std::size_t i) {
    deep_ = true;
    const bool last = i + 1 == parts_.size();
    if (!last) {
      DEPLOYCTL_CHECK(go(at, i + 1));
    }
    DEPLOYCTL_TRY(names, io::list_dir(root_ + "/" + at));
    for (const auto& name : names) {
      if (name.starts_with('.')) continue;
      const Kind what = kind(at + name);
      if (what == Kind::folder) {
        DEPLOYCTL_CHECK(go_deep(at + name + "/", i));
      } else if (last) {
        found_.insert(at + name);
      }
    }
    return {};
  }

  const std::string& root_;
  std::vector<std::string> parts_;
  std::set<std::string> found_;
  bool deep_ = false;
};

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t at = 0;;) {
    const auto slash = path.find('/', at);
    parts.push_back(path.substr(at, slash - at));
    if (slash == std::string::npos) return parts;
    at = slash + 1;
  }
}

bool part_matches(const std::string& pattern, const std::string& name) {
  return pattern == name || ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

// Whether the pattern from component `i` on matches the path from component `k` on, or a folder above it.
bool matches_from(const std::vector<std::string>& pattern, std::size_t i, const std::vector<std::string>& path,
                  std::size_t k) {
  if (i == pattern.size()) return true;
  if (pattern[i] == "**") {
    if (i + 1 == pattern.size()) return k < path.size();
    for (std::size_t skipped = k; skipped < path.size(); ++skipped)
      if (matches_from(pattern, i + 1, path, skipped)) return true;
    return false;
  }
  return k < path.size() && part_matches(pattern[i], path[k]) && matches_from(pattern, i + 1, path, k + 1);
}

}  // namespace

bool is_matched(const std::string& pattern, const std::string& path) {
  const auto parts = split(path);
  if (pattern.find('/') == std::string::npos)
    return std::any_of(parts.begin(), parts.end(),
                       [&](const std::string& part) { return part_matches(pattern, part); });
  return matches_from(split(pattern), 0, parts, 0);
}

bool may_be_name(const std::string& pattern) { return pattern.find('*') == std::string::npos; }

bool has_wildcards(const std::string& pattern) { return pattern.find_first_of("*?[") != std::string::npos; }

Result<std::vector<std::string>> expand(const std::string& root, const std::string& pattern) {
  DEPLOYCTL_CHECK(io::check_relative(pattern));
  auto parts = split(pattern);
  for (const auto& part : parts)
    if (part == ".git") return fail(Code::build_failed, ".git is never part of an artifact");
  Expansion expansion(root, std::move(parts));
  DEPLOYCTL_CHECK(expansion.go("", 0));
  return expansion.found();
}

}  // namespace deployctl::artifact
