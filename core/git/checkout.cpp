#include "core/git/checkout.hpp"

#include <fcntl.h>

#include "core/git/operation.hpp"
#include "core/git/submodule_rule.hpp"
#include "core/git/submodules.hpp"
#include "core/git/tree_check.hpp"
#include "core/io/beneath.hpp"
#include "core/io/files.hpp"

namespace deployctl::git {
namespace {

constexpr int deepest = 10;  // maximum nesting of submodules

using Notes = std::vector<std::string>;

Status write_text(const std::string& path, const std::string& text) {
  DEPLOYCTL_TRY(fd, io::open_fd(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
  auto written = io::write_all(fd.get(), as_bytes(text));
  if (!written) return fail(with_context(written.error(), path));
  return {};
}

// The text of packed-refs: the tags of the mirror, and its branches as remote branches, as in a clone.
Result<std::string> packed_refs(const Operation& operation, const Mirror& mirror) {
  Repository source;
  DEPLOYCTL_CHECK(operation.check(git_repository_open_bare(into(source), mirror.path().c_str())));
  ReferenceIterator iterator;
  DEPLOYCTL_CHECK(operation.check(git_reference_iterator_new(into(iterator), source.get())));
  std::string text;
  for (;;) {
    Reference reference;
    if (git_reference_next(into(reference), iterator.get()) < 0) return text;
    const git_oid* target = git_reference_target(reference.get());
    std::string name = git_reference_name(reference.get());
    if (!target) continue;
    if (name.starts_with("refs/heads/"))
      name = "refs/remotes/origin/" + name.substr(11);
    else if (!name.starts_with("refs/tags/"))
      continue;
    char id[GIT_OID_HEXSZ + 1];
    text += std::string(git_oid_tostr(id, sizeof id, target)) + " " + name + "\n";
  }
}

Result<Repository> make_repository(const Operation& operation, const Mirror& mirror, const std::string& dir) {
  Repository repository;
  DEPLOYCTL_CHECK(operation.check(git_repository_init(into(repository), dir.c_str(), 0)));
  repository.reset();
  const std::string git = dir + "/.git";
  DEPLOYCTL_CHECK(io::make_dirs(git + "/objects/info"));
  DEPLOYCTL_CHECK(write_text(git + "/objects/info/alternates", mirror.path() + "/objects\n"));
  DEPLOYCTL_TRY(refs, packed_refs(operation, mirror));
  DEPLOYCTL_CHECK(write_text(git + "/packed-refs", refs));
  DEPLOYCTL_CHECK(operation.check(git_repository_open(into(repository), dir.c_str())));
  Remote origin;
  DEPLOYCTL_CHECK(
      operation.check(git_remote_create(into(origin), repository.get(), "origin", mirror.url().shown().c_str())));
  return repository;
}

int stop_checkout(git_checkout_notify_t, const char*, const git_diff_file*, const git_diff_file*, const git_diff_file*,
                  void*) {
  Operation* operation = Operation::current();
  return operation ? operation->stop_if_cancelled() : 0;
}

Status write_tree(const Operation& operation, git_repository* repository, const std::string& id) {
  git_oid oid;
  Commit commit;
  DEPLOYCTL_CHECK(operation.check(git_oid_fromstr(&oid, id.c_str())));
  DEPLOYCTL_CHECK(operation.check(git_commit_lookup(into(commit), repository, &oid)));
  Tree tree;
  if (const int found = git_commit_tree(into(tree), commit.get()); found < 0)
    return fail(tree_failure(operation, found));
  DEPLOYCTL_CHECK(check_tree(operation, repository, tree.get()));
  git_checkout_options options = GIT_CHECKOUT_OPTIONS_INIT;
  options.checkout_strategy = GIT_CHECKOUT_FORCE;
  options.notify_flags = GIT_CHECKOUT_NOTIFY_UPDATED;
  options.notify_cb = stop_checkout;
  DEPLOYCTL_CHECK(
      operation.check(git_checkout_tree(repository, reinterpret_cast<git_object*>(commit.get()), &options)));
  return operation.check(git_repository_set_head_detached(repository, &oid));
}

bool mentions_lfs(git_repository* repository, const git_index_entry& entry) {
  const std::string_view path = entry.path;
  if (path != ".gitattributes" && !path.ends_with("/.gitattributes")) return false;
  Blob blob;
  if (git_blob_lookup(into(blob), repository, &entry.id) < 0) return false;
  const std::string_view text(static_cast<const char*>(git_blob_rawcontent(blob.get())), git_blob_rawsize(blob.get()));
  return text.find("filter=lfs") != std::string_view::npos;
}

void note_lfs(git_repository* repository, git_index* index, const std::string& where, Notes& notes) {
  const std::size_t count = git_index_entrycount(index);
  bool used = false;
  for (std::size_t i = 0; i < count && !used; ++i) used = mentions_lfs(repository, *git_index_get_byindex(index, i));
  if (!used) return;
  std::size_t pointers = 0;
  std::string first;
  for (std::size_t i = 0; i < count; ++i) {
    const char* path = git_index_get_byindex(index, i)->path;
    const char* filter = nullptr;
    if (git_attr_get(&filter, repository, GIT_ATTR_CHECK_FILE_THEN_INDEX, path, "filter") < 0 || !filter) continue;
    if (std::string_view(filter) == "lfs" && pointers++ == 0) first = path;
  }
  if (pointers > 0)
    notes.push_back(std::to_string(pointers) + " files of " + where + " are kept by git-lfs (" + first +
                    "), whose contents are not fetched: they are pointers here unless a step runs `git lfs pull`");
}

// The parameters of a checkout and all of its submodules.
struct Checkout {
  const Url& repository;  // of the plan
  const std::vector<std::string>& allow;
  const Limits& limits;
  Notes& notes;
};

Status check_out_into(const Mirror& mirror, const std::string& commit, const std::string& dir, int depth,
                      const Checkout& all);

// Makes the folder without following links, because the commit is untrusted.
Status make_folder_beneath(const std::string& dir, const std::string& path) {
  DEPLOYCTL_TRY(root, io::open_fd(dir, O_RDONLY | O_DIRECTORY));
  return io::make_dirs_beneath(root.get(), path);
}

Status check_out_submodule(const Mirror& parent, const Submodule& module, const std::string& dir, int depth,
                           const Checkout& all) {
  if (module.url.empty() || module.skipped) {
    all.notes.push_back("submodule " + module.path + " of " + parent.url().shown() +
                        " is left empty: " + (module.skipped ? "update = none" : ".gitmodules has no URL for it"));
    return {};
  }
  if (depth >= deepest)
    return fail(Code::invalid, "submodules are nested more than " + std::to_string(deepest) + " deep");
  DEPLOYCTL_TRY(url, permitted_submodule(all.repository, parent.url(), module.url, all.allow));
  auto mirror = Mirror::of(parent.dir(), std::move(url));
  if (!mirror.has(module.commit)) {
    DEPLOYCTL_CHECK(mirror.fetch(all.limits));
  }
  if (!mirror.has(module.commit))
    return fail(Code::invalid, "commit " + module.commit + " is not in " + mirror.url().shown());
  DEPLOYCTL_CHECK(make_folder_beneath(dir, module.path));
  return check_out_into(mirror, module.commit, dir + "/" + module.path, depth + 1, all);
}

Status check_out_into(const Mirror& mirror, const std::string& commit, const std::string& dir, int depth,
                      const Checkout& all) {
  std::vector<Submodule> submodules;
  {
    const Operation operation("check out " + commit + " of " + mirror.url().shown(), all.limits);
    DEPLOYCTL_TRY(repository, make_repository(operation, mirror, dir));
    DEPLOYCTL_CHECK(write_tree(operation, repository.get(), commit));
    Index index;
    DEPLOYCTL_CHECK(operation.check(git_repository_index(into(index), repository.get())));
    DEPLOYCTL_TRY(found, submodules_of(operation, repository.get(), index.get()));
    submodules = std::move(found);
    note_lfs(repository.get(), index.get(), mirror.url().shown(), all.notes);
  }
  for (const auto& module : submodules) {
    auto done = check_out_submodule(mirror, module, dir, depth, all);
    if (!done) return fail(with_context(done.error(), "submodule " + module.path));
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> check_out(const Mirror& mirror, const std::string& commit, const std::string& dir,
                                           const Limits& limits, const std::vector<std::string>& allow) {
  DEPLOYCTL_CHECK(io::make_dirs(dir));
  Notes notes;
  DEPLOYCTL_CHECK(check_out_into(mirror, commit, dir, 0, Checkout{mirror.url(), allow, limits, notes}));
  return notes;
}

}  // namespace deployctl::git
