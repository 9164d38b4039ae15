// The read-only operations of Mirror: resolve(), has() and name().
#include <algorithm>
#include <cctype>
#include <numeric>
#include <set>

#include "core/git/mirror.hpp"
#include "core/git/operation.hpp"

namespace deployctl::git {
namespace {

constexpr const char* heads = "refs/heads/";
constexpr const char* tags = "refs/tags/";

Result<Repository> open_mirror(const Operation& operation, const std::string& path) {
  Repository repository;
  DEPLOYCTL_CHECK(operation.check(git_repository_open_bare(into(repository), path.c_str())));
  return repository;
}

bool looks_like_id(const std::string& ref) {
  return ref.size() >= 4 && ref.size() <= GIT_OID_HEXSZ &&
         std::all_of(ref.begin(), ref.end(), [](unsigned char c) { return std::isxdigit(c); });
}

// Returns an empty string if there is no such ref.
Result<std::string> commit_of(const Operation& operation, git_repository* repository, const std::string& name) {
  Reference named, reference;
  int found = git_reference_lookup(into(named), repository, name.c_str());
  if (found == 0) found = git_reference_resolve(into(reference), named.get());
  if (found == GIT_ENOTFOUND || found == GIT_EINVALIDSPEC) return std::string();  // HEAD may point at nothing yet
  DEPLOYCTL_CHECK(operation.check(found));
  Object commit;
  const int peeled = git_reference_peel(into(commit), reference.get(), GIT_OBJECT_COMMIT);
  if (peeled == GIT_EPEEL || peeled == GIT_EINVALIDSPEC) return fail(Code::invalid, name + " is not a commit");
  if (peeled == GIT_ENOTFOUND) return fail(Code::verification, "the object of " + name + " is missing from the mirror");
  DEPLOYCTL_CHECK(operation.check(peeled));
  return hex(*git_object_id(commit.get()));
}

Result<std::string> commit_by_id(const Operation& operation, git_repository* repository, const std::string& digits) {
  git_oid id;
  if (git_oid_fromstrn(&id, digits.c_str(), digits.size()) < 0) return std::string();
  Object object, commit;
  const int found = git_object_lookup_prefix(into(object), repository, &id, digits.size(), GIT_OBJECT_ANY);
  if (found == GIT_EAMBIGUOUS)
    return fail(
        with_hint(error(Code::invalid, "short commit id '" + digits + "' is ambiguous"), "write more of its digits"));
  if (found == GIT_ENOTFOUND) return std::string();
  DEPLOYCTL_CHECK(operation.check(found));
  if (git_object_peel(into(commit), object.get(), GIT_OBJECT_COMMIT) < 0)
    return fail(Code::invalid, "'" + digits + "' is not a commit");
  return hex(*git_object_id(commit.get()));
}

std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

std::vector<std::string> branches_and_tags(git_repository* repository) {
  std::vector<std::string> names;
  ReferenceIterator iterator;
  if (git_reference_iterator_new(into(iterator), repository) < 0) return names;
  const char* name = nullptr;
  while (git_reference_next_name(&name, iterator.get()) == 0)
    for (const std::string_view prefix : {heads, tags})
      if (std::string_view(name).starts_with(prefix)) names.emplace_back(name + prefix.size());
  return names;
}

// The three most similar names if there are similar ones; else the first five.
std::string nearest(git_repository* repository, const std::string& ref) {
  auto names = branches_and_tags(repository);
  if (names.empty()) return "the repository has no branches and no tags";
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (auto& name : names) ranked.emplace_back(distance(ref.substr(0, 100), name.substr(0, 100)), std::move(name));
  const bool near = std::min_element(ranked.begin(), ranked.end())->first <= std::max<std::size_t>(2, ref.size() / 3);
  if (near) std::sort(ranked.begin(), ranked.end());
  std::string text = near ? "did you mean " : "it has ";
  const std::size_t shown = std::min<std::size_t>(ranked.size(), near ? 3 : 5);
  for (std::size_t i = 0; i < shown; ++i) text += (i ? ", " : "") + ranked[i].second;
  return text + (near ? "?" : ranked.size() > shown ? ", ..." : "");
}

// Rejects a name that is both a tag and a branch with different commits, because it is not clear which one is meant.
Result<std::string> by_name(const Operation& operation, git_repository* repository, const std::string& ref) {
  if (ref.empty()) return commit_of(operation, repository, "HEAD");
  if (ref == "HEAD" || ref.starts_with("refs/")) return commit_of(operation, repository, ref);
  DEPLOYCTL_TRY(tag, commit_of(operation, repository, tags + ref));
  DEPLOYCTL_TRY(branch, commit_of(operation, repository, heads + ref));
  if (!tag.empty() && !branch.empty() && tag != branch)
    return fail(with_hint(error(Code::invalid, "ref '" + ref + "' is both a tag and a branch, of different commits"),
                          "write refs/tags/" + ref + " or refs/heads/" + ref));
  return tag.empty() ? branch : tag;
}

std::string short_id(git_commit* commit) {
  Buffer text;
  if (git_object_short_id(&text.value, reinterpret_cast<git_object*>(commit)) == 0) return text.text();
  return hex(*git_commit_id(commit)).substr(0, 7);
}

// As `git describe --tags`, or with --exact-match if `exact`. Empty if no tag fits.
std::string describe(git_commit* commit, bool exact) {
  git_describe_options options = GIT_DESCRIBE_OPTIONS_INIT;
  options.describe_strategy = GIT_DESCRIBE_TAGS;
  if (exact) options.max_candidates_tags = 0;
  DescribeResult result;
  Buffer text;
  if (git_describe_commit(into(result), reinterpret_cast<git_object*>(commit), &options) < 0) return {};
  git_describe_format_options format = GIT_DESCRIBE_FORMAT_OPTIONS_INIT;
  if (git_describe_format(&text.value, result.get(), &format) < 0) return {};
  return text.text();
}

// The tag that `ref` names, if it is a tag of this commit; else empty.
Result<std::string> named_tag(const Operation& operation, git_repository* repository, const std::string& ref,
                              const std::string& commit) {
  if (ref.empty() || ref == "HEAD") return std::string();
  const std::string full = ref.starts_with("refs/") ? ref : tags + ref;
  if (!full.starts_with(tags)) return std::string();
  DEPLOYCTL_TRY(tagged, commit_of(operation, repository, full));
  return tagged == commit ? full.substr(std::string_view(tags).size()) : std::string();
}

}  // namespace

Result<std::string> Mirror::resolve(const std::string& ref) const {
  const Operation operation("look for ref '" + ref + "' in " + url_.shown(), Limits{});
  DEPLOYCTL_TRY(repository, open_mirror(operation, path_));
  auto commit = by_name(operation, repository.get(), ref);
  if (commit && commit->empty() && looks_like_id(ref)) commit = commit_by_id(operation, repository.get(), ref);
  if (!commit) return commit;
  if (!commit->empty()) return commit;
  if (ref.empty())
    return fail(with_hint(error(Code::invalid, url_.shown() + " has no default branch"), "set build.ref in the plan"));
  return fail(with_hint(error(Code::invalid, "no branch, tag or commit '" + ref + "' in " + url_.shown()),
                        nearest(repository.get(), ref)));
}

bool Mirror::has(const std::string& commit) const {
  const Operation operation("look for " + commit, Limits{});
  git_oid id;
  Commit found;
  Tree tree;
  auto repository = open_mirror(operation, path_);
  if (!repository || commit.size() != GIT_OID_HEXSZ || git_oid_fromstr(&id, commit.c_str()) < 0) return false;
  if (git_commit_lookup(into(found), repository->get(), &id) < 0) return false;
  return git_commit_tree(into(tree), found.get()) == 0;
}

Result<CommitName> Mirror::name(const std::string& id, const std::string& ref) const {
  const Operation operation("name commit " + id, Limits{});
  DEPLOYCTL_TRY(repository, open_mirror(operation, path_));
  git_oid oid;
  Commit commit;
  DEPLOYCTL_CHECK(operation.check(git_oid_fromstr(&oid, id.c_str())));
  DEPLOYCTL_CHECK(operation.check(git_commit_lookup(into(commit), repository.get(), &oid)));
  CommitName name;
  name.id = id;
  name.short_id = short_id(commit.get());
  DEPLOYCTL_TRY(named, named_tag(operation, repository.get(), ref, id));
  name.tag = named.empty() ? describe(commit.get(), true) : std::move(named);
  name.describe = name.tag.empty() ? describe(commit.get(), false) : name.tag;
  if (name.describe.empty()) name.describe = name.short_id;
  name.time = WallTime(std::chrono::seconds(git_commit_time(commit.get())));
  return name;
}

}  // namespace deployctl::git
