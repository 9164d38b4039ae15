#include "core/git/submodules.hpp"

#include <fcntl.h>

#include <map>

#include "core/io/fd.hpp"
#include "core/io/files.hpp"

namespace deployctl::git {
namespace {

struct Named {
  std::string path, url, update;
};

int take(const git_config_entry* entry, void* payload) {
  auto& named = *static_cast<std::map<std::string, Named>*>(payload);
  const std::string key = entry->name, value = entry->value ? entry->value : "";
  const auto first = key.find('.'), last = key.rfind('.');
  if (first == last) return 0;
  auto& module = named[key.substr(first + 1, last - first - 1)];
  const std::string what = key.substr(last + 1);
  if (what == "path") module.path = value;
  if (what == "url") module.url = value;
  if (what == "update") module.update = value;
  return 0;
}

// Reads .gitmodules from the commit, because the file in the working tree may be a link.
Result<std::map<std::string, Named>> read_gitmodules(const Operation& operation, git_repository* repository,
                                                     git_index* index) {
  std::map<std::string, Named> by_path, named;
  const git_index_entry* entry = git_index_get_bypath(index, ".gitmodules", 0);
  if (!entry || (entry->mode != GIT_FILEMODE_BLOB && entry->mode != GIT_FILEMODE_BLOB_EXECUTABLE)) return by_path;
  Blob blob;
  DEPLOYCTL_CHECK(operation.check(git_blob_lookup(into(blob), repository, &entry->id)));
  const std::string text(static_cast<const char*>(git_blob_rawcontent(blob.get())), git_blob_rawsize(blob.get()));
  const std::string copy = std::string(git_repository_path(repository)) + "gitmodules";
  auto fd = io::open_fd(copy, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (!fd) return fail(fd.error());
  DEPLOYCTL_CHECK(io::write_all(fd->get(), as_bytes(text)));
  Config config;
  DEPLOYCTL_CHECK(operation.check(git_config_open_ondisk(into(config), copy.c_str())));
  DEPLOYCTL_CHECK(operation.check(git_config_foreach_match(config.get(), "^submodule\\.", take, &named)));
  DEPLOYCTL_CHECK(io::remove_file(copy));
  for (auto& [name, module] : named) by_path[module.path] = module;
  return by_path;
}

}  // namespace

Result<std::vector<Submodule>> submodules_of(const Operation& operation, git_repository* repository, git_index* index) {
  std::vector<Submodule> found;
  for (std::size_t i = 0; i < git_index_entrycount(index); ++i) {
    const git_index_entry* entry = git_index_get_byindex(index, i);
    if (entry->mode == GIT_FILEMODE_COMMIT) found.push_back({entry->path, {}, hex(entry->id)});
  }
  if (found.empty()) return found;
  DEPLOYCTL_TRY(named, read_gitmodules(operation, repository, index));
  for (auto& module : found) {
    const auto at = named.find(module.path);
    if (at == named.end()) continue;
    module.url = at->second.url;
    module.skipped = at->second.update == "none";
  }
  return found;
}

}  // namespace deployctl::git
