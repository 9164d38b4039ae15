#include "core/artifact/collect.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <map>

#include "core/artifact/file_modes.hpp"
#include "core/artifact/glob.hpp"
#include "core/base/digest.hpp"
#include "core/io/beneath.hpp"
#include "core/io/files.hpp"

namespace deployctl::artifact {
namespace {

using model::EntryType;

constexpr std::string_view lfs_pointer = "version https://git-lfs.github.com/spec/";

// "./a/b/" is "a/b"; "." and "./" are "".
std::string plain(std::string path) {
  while (path.starts_with("./")) path.erase(0, std::min(path.find_first_not_of('/', 1), path.size()));
  while (path.ends_with('/')) path.pop_back();
  return path == "." ? "" : path;
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() || name.empty() ? folder + name : folder + "/" + name;
}

class Collection {
 public:
  explicit Collection(const std::string& root) : root_(root), modes_(root) {}

  Status apply(const model::ArtifactRule& rule);
  std::vector<Found> found() const {
    std::vector<Found> out;
    for (const auto& [path, taken] : taken_) out.push_back(taken.found);
    return out;
  }
  std::vector<std::string> notes() const { return modes_.lines(); }

 private:
  struct Taken {
    Found found;
    const model::ArtifactRule* rule;
  };
  Status take(const model::ArtifactRule& rule, const std::string& source, const std::string& to);
  Status take_folder(const model::ArtifactRule& rule, const std::string& source, const std::string& to);
  Status add(const model::ArtifactRule& rule, Found found);
  unsigned limit_of(const std::string& source) const;
  bool is_excluded(const model::ArtifactRule& rule, const std::string& source) const;
  std::string root_;
  bool took_ = false;  // whether the current rule has added something
  ModeNotes modes_;
  unsigned limit_ = 0777;  // permissions that the parent folders of the current match allow
  std::map<std::string, Taken> taken_;
};

Error at_rule(const model::ArtifactRule& rule, const std::string& what) {
  const std::string mark = rule.mark.text();
  return error(Code::build_failed, (mark.empty() ? "" : mark + ": ") + what);
}

// Lists the nearest existing parent folder of `from`, for a hint.
std::string listing(const std::string& root, std::string from) {
  do from = from.find('/') == std::string::npos ? "" : from.substr(0, from.rfind('/'));
  while (!from.empty() && !io::exists(root + "/" + from));
  auto names = io::list_dir(root + "/" + from).value_or(std::vector<std::string>{});
  std::erase(names, ".git");
  std::string text = (from.empty() ? "the checkout" : from) + " holds ";
  if (names.empty()) return text + "nothing";
  for (std::size_t i = 0; i < names.size() && i < 12; ++i) text += (i ? ", " : "") + names[i];
  return text + (names.size() > 12 ? ", ..." : "");
}

Status Collection::apply(const model::ArtifactRule& rule) {
  const std::string from = plain(rule.from);
  std::vector<std::string> matches{""};
  if (!from.empty()) {
    auto expanded = expand(root_, from);
    if (!expanded)
      return fail(with_hint(at_rule(rule, "artifact rule '" + rule.from + "': " + expanded.error().text()),
                            expanded.error().hint));
    matches = std::move(*expanded);
  }
  if (matches.empty())
    return fail(with_hint(at_rule(rule, "artifact rule '" + rule.from + "' matches nothing"), listing(root_, from)));
  const bool beneath = !rule.to || rule.to->ends_with('/');
  if (!beneath && matches.size() > 1)
    return fail(with_hint(at_rule(rule, "artifact rule '" + rule.from + "' matches " + std::to_string(matches.size()) +
                                            " paths, but '" + *rule.to + "' is the name of one"),
                          "write `to: " + *rule.to + "/` to keep their names"));
  took_ = false;
  for (const auto& match : matches) {
    std::string to = match;
    if (rule.to) to = beneath ? joined(plain(*rule.to), match.substr(match.rfind('/') + 1)) : plain(*rule.to);
    limit_ = limit_of(match);
    DEPLOYCTL_CHECK(take(rule, match, to));
  }
  if (!took_ && !rule.exclude.empty())
    return fail(
        at_rule(rule, "artifact rule '" + rule.from + "' takes nothing: `exclude` leaves out all that it matches"));
  return {};
}

// A pattern that is the name of an existing path is taken literally, as in `from`.
bool Collection::is_excluded(const model::ArtifactRule& rule, const std::string& source) const {
  return !source.empty() && std::any_of(rule.exclude.begin(), rule.exclude.end(), [&](const std::string& pattern) {
    const bool is_name = pattern.find('/') != std::string::npos && has_wildcards(pattern) && may_be_name(pattern) &&
                         io::exists(root_ + "/" + pattern);
    return is_name ? source == pattern || source.starts_with(pattern + "/") : is_matched(pattern, source);
  });
}

// A file from a private folder keeps the privacy that it had there.
unsigned Collection::limit_of(const std::string& source) const {
  unsigned limit = 0777;
  for (auto slash = source.find('/'); slash != std::string::npos; slash = source.find('/', slash + 1)) {
    struct stat st {};
    if (::stat((root_ + "/" + source.substr(0, slash)).c_str(), &st) == 0) limit &= audience_of(st.st_mode);
  }
  return limit;
}

Status Collection::take_folder(const model::ArtifactRule& rule, const std::string& source, const std::string& to) {
  if (!to.empty()) {
    const std::string path = root_ + "/" + source;
    struct stat st {};
    if (::lstat(path.c_str(), &st) != 0) return fail(os_error(errno, "look at " + path));
    Found folder{{to, EntryType::folder, carried_mode(st.st_mode) & limit_, 0, {}, {}}, path};
    modes_.add(to, path, st, folder.entry.mode);
    DEPLOYCTL_CHECK(add(rule, std::move(folder)));
  }
  DEPLOYCTL_TRY(names, io::list_dir(root_ + "/" + source));
  for (const auto& name : names) {
    if (name == ".git") continue;
    DEPLOYCTL_CHECK(take(rule, joined(source, name), joined(to, name)));
  }
  return {};
}

Status Collection::take(const model::ArtifactRule& rule, const std::string& source, const std::string& to) {
  if (is_excluded(rule, source)) return {};
  const std::string path = root_ + "/" + source;
  struct stat st {};
  if (::lstat(path.c_str(), &st) != 0) return fail(os_error(errno, "look at " + path));
  if (S_ISDIR(st.st_mode)) return take_folder(rule, source, to);
  if (to.empty()) return fail(at_rule(rule, "artifact rule '" + rule.from + "': '.' is no name for a file"));
  Found found{{to, EntryType::file, 0644, 0, {}, {}}, path};
  if (S_ISREG(st.st_mode)) {
    found.entry.mode = carried_mode(st.st_mode) & limit_;
    modes_.add(to, path, st, found.entry.mode);
    found.entry.size = static_cast<std::uint64_t>(st.st_size);
    if (st.st_size < 1024 && io::read_file(path).value_or("").starts_with(lfs_pointer))
      return fail(with_hint(at_rule(rule, source + " is a git-lfs pointer, not the file itself"),
                            "add the step `git lfs pull`"));
    return add(rule, std::move(found));
  }
  if (!S_ISLNK(st.st_mode)) return fail(at_rule(rule, source + " is neither a file, a folder nor a symbolic link"));
  char text[PATH_MAX];
  const ssize_t n = ::readlink(path.c_str(), text, sizeof text);
  if (n < 0) return fail(os_error(errno, "read link " + path));
  found.entry.type = EntryType::link;
  found.entry.mode = 0777;
  found.entry.link.assign(text, static_cast<std::size_t>(n));
  return add(rule, std::move(found));
}

bool same(const Found& a, const Found& b) {
  if (a.source == b.source) return true;
  const bool executable = a.entry.mode & S_IXUSR, other_executable = b.entry.mode & S_IXUSR;
  if (a.entry.type != b.entry.type || executable != other_executable || a.entry.link != b.entry.link ||
      a.entry.size != b.entry.size)
    return false;
  if (a.entry.type != EntryType::file) return true;
  const auto one = sha256_file(a.source), other = sha256_file(b.source);
  return one && other && *one == *other;
}

Status Collection::add(const model::ArtifactRule& rule, Found found) {
  took_ = true;
  // Applies the checks of a manifest to this one entry, so that an error names the rule that added it.
  model::Entry alone = found.entry;
  if (alone.type == EntryType::file) alone.content = sha256("any");
  if (auto manifest = model::Manifest::make({alone}); !manifest) return fail(at_rule(rule, manifest.error().text()));
  const auto [at, fresh] = taken_.try_emplace(found.entry.path, Taken{found, &rule});
  if (fresh) return {};
  if (same(at->second.found, found)) {
    at->second.found.entry.mode &= found.entry.mode;  // the more private mode wins
    return {};
  }
  return fail(with_hint(
      at_rule(rule, "artifact path '" + found.entry.path + "' is already taken, with other content, by the rule at " +
                        at->second.rule->mark.text()),
      "give one of them another `to`"));
}

}  // namespace

Result<std::vector<Found>> collect(const std::string& root, const std::vector<model::ArtifactRule>& rules,
                                   std::vector<std::string>* notes) {
  Collection collection(root);
  for (const auto& rule : rules) {
    DEPLOYCTL_CHECK(collection.apply(rule));
  }
  if (notes) *notes = collection.notes();
  return collection.found();
}

}  // namespace deployctl::artifact
