#include "core/git/tree_check.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string>
#include <unordered_map>

namespace deployctl::git {
namespace {

// The code points that HFS+ ignores when it compares names: U+200C..200F, 202A..202E, 206A..206F, FEFF.
std::size_t ignored_bytes(std::string_view at) {
  if (at.starts_with("\xef\xbb\xbf")) return 3;
  if (at.size() < 3 || at[0] != '\xe2') return 0;
  const auto second = static_cast<unsigned char>(at[1]), third = static_cast<unsigned char>(at[2]);
  const bool zero_width = second == 0x80 && ((third >= 0x8c && third <= 0x8f) || (third >= 0xaa && third <= 0xae));
  return zero_width || (second == 0x81 && third >= 0xaa && third <= 0xaf) ? 3 : 0;
}

// The name as seen by a filesystem that ignores case and zero-width code points.
std::string folded(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size();) {
    const std::size_t ignored = ignored_bytes(name.substr(i));
    if (ignored == 0) out += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
    i += std::max<std::size_t>(ignored, 1);
  }
  return out;
}

// NTFS drops trailing spaces and dots, and the text after ':' names a stream of the same file.
bool is_dot_git(std::string_view name) {
  std::string text = folded(name);
  text.resize(std::min(text.find_first_of(":\\"), text.size()));
  text.resize(text.find_last_not_of(" .") + 1);
  const bool short_name = text.size() == 5 && text.starts_with("git~") && text[4] >= '1' && text[4] <= '9';
  return text == ".git" || short_name;
}

Error refused(const std::string& path, const std::string& why) {
  std::string shown;
  for (const char c : path.substr(0, 200)) shown += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  return with_hint(error(Code::build_failed, "the commit is not checked out: '" + shown + "' " + why),
                   "git does not make such trees: find out who wrote this commit; no file of it was written");
}

class TreeCheck {
 public:
  TreeCheck(const Operation& operation, git_repository* repository) : operation_(operation), repository_(repository) {}

  // Reads a folder that occurs at several paths once, because the checks of its contents don't depend on the path.
  struct Size {
    unsigned depth = 0;  // nested folders, including itself
    std::uint64_t entries = 0;
  };
  Result<Size> check(const git_tree* tree, const std::string& path, unsigned depth) {
    if (depth > max_depth) return fail(too_deep(path));
    Size size{1, 0};
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < git_tree_entrycount(tree); ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree, i);
      const std::string_view name = git_tree_entry_name(entry);
      const std::string whole = path.empty() ? std::string(name) : path + "/" + std::string(name);
      if (const char* why = name_problem(name)) return fail(refused(whole, why));
      if (!names.insert(name).second) return fail(refused(whole, "is in its folder twice"));
      ++size.entries;
      if (git_tree_entry_type(entry) != GIT_OBJECT_TREE) continue;
      DEPLOYCTL_TRY(below, check_folder(entry, whole, depth + 1));
      size.depth = std::max(size.depth, below.depth + 1);
      size.entries += below.entries;
      if (size.entries > max_entries)
        return fail(refused(whole, "makes more than " + std::to_string(max_entries) + " files and folders"));
    }
    return size;
  }

 private:
  static Error too_deep(const std::string& path) {
    return refused(path, "is more than " + std::to_string(max_depth) + " folders deep");
  }

  Result<Size> check_folder(const git_tree_entry* entry, const std::string& path, unsigned depth) {
    const git_oid* id = git_tree_entry_id(entry);
    const std::string key(reinterpret_cast<const char*>(id->id), sizeof id->id);
    if (const auto known = known_.find(key); known != known_.end()) {
      if (depth + known->second.depth > max_depth + 1) return fail(too_deep(path));
      return known->second;
    }
    Tree tree;
    const int found = git_tree_lookup(into(tree), repository_, id);
    if (found < 0) return fail(tree_failure(operation_, found, path));
    DEPLOYCTL_TRY(size, check(tree.get(), path, depth));
    known_.emplace(key, size);
    return size;
  }

  const Operation& operation_;
  git_repository* repository_;
  std::unordered_map<std::string, Size> known_;
};

}  // namespace

const char* name_problem(std::string_view name) {
  if (name.empty()) return "has no name";
  if (name.find('/') != std::string_view::npos) return "holds a '/' in the name of one entry";
  if (name == "." || name == "..") return "leads to another folder";
  if (is_dot_git(name)) return "would be taken for git's own folder";
  return nullptr;
}

Error tree_failure(const Operation& operation, int result, const std::string& path) {
  // The bytes of the object match its digest, so a damaged disk is not the reason.
  const git_error* last = git_error_last();
  const bool malformed = last && last->klass == GIT_ERROR_TREE && result != GIT_ENOTFOUND;
  return malformed ? refused(path.empty() ? "." : path, "is a folder that can't be read") : operation.failure(result);
}

Status check_tree(const Operation& operation, git_repository* repository, const git_tree* tree) {
  const auto checked = TreeCheck(operation, repository).check(tree, {}, 1);
  if (!checked) return fail(checked.error());
  return {};
}

}  // namespace deployctl::git
