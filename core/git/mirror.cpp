#include "core/git/mirror.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "core/base/digest.hpp"
#include "core/git/operation.hpp"
#include "core/io/files.hpp"
#include "core/io/flock.hpp"

namespace deployctl::git {
namespace {

char all_refs[] = "+refs/*:refs/*";

// Waits for the lock until the operation is cancelled.
Result<io::FileLock> lock(const std::string& path, const Limits& limits) {
  while (!limits.cancel.cancelled()) {
    auto lock = io::FileLock::try_lock(path, "pid " + std::to_string(::getpid()));
    if (lock || lock.error().code != Code::locked) return lock;
    pollfd stopped{limits.cancel.fd(), POLLIN, 0};
    ::poll(&stopped, 1, 100);
  }
  return fail(Code::cancelled, "wait for " + path + ": cancelled");
}

int heard(const char* text, int size, void*) {
  Operation* operation = Operation::current();
  if (!operation) return 0;
  if (operation->limits().said && size > 0) operation->limits().said({text, static_cast<std::size_t>(size)});
  return operation->stop_if_cancelled();
}

int progressed(const git_indexer_progress*, void*) {
  Operation* operation = Operation::current();
  return operation ? operation->stop_if_cancelled() : 0;
}

// Called when a server requests a user name and a password. GitHub, GitLab and Gitea accept any user name with a token.
int give_token(git_credential** out, const char* url, const char* user, unsigned allowed, void*) {
  Operation* operation = Operation::current();
  if (!operation || (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) == 0) return GIT_PASSTHROUGH;
  const auto parsed = parse_url(url ? url : "");
  if (!parsed || parsed->kind != Url::Kind::https) return GIT_PASSTHROUGH;
  const auto token = operation->take_token(parsed->host, parsed->port);
  if (!token) return GIT_PASSTHROUGH;
  if (!*token) return operation->stop(token->error());
  return git_credential_userpass_plaintext_new(out, user && *user ? user : "git", (*token)->c_str());
}

template <class Options>
void set_options(Options& options) {
  options.callbacks.credentials = give_token;
  options.callbacks.sideband_progress = heard;
  options.callbacks.transfer_progress = progressed;
  options.proxy_opts.type = GIT_PROXY_AUTO;
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
}

git_fetch_options fetch_options() {
  git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
  set_options(options);
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;  // the refspec includes tags
  options.update_fetchhead = 0;
  return options;
}

int mirror_everything(git_remote** out, git_repository* repository, const char* name, const char* url, void*) {
  return git_remote_create_with_fetchspec(out, repository, name, url, all_refs);
}

// Copies the remote's HEAD, which is the meaning of an empty ref.
int copy_head(git_repository* repository, git_remote* remote) {
  const git_remote_head** heads = nullptr;
  size_t count = 0;
  if (const int result = git_remote_ls(&heads, &count, remote); result < 0) return result;
  if (count == 0 || std::string_view(heads[0]->name) != "HEAD") return 0;
  if (heads[0]->symref_target) return git_repository_set_head(repository, heads[0]->symref_target);
  return git_repository_set_head_detached(repository, &heads[0]->oid);
}

int fetch_into(git_repository* repository, const std::string& url) {
  Remote remote;
  if (const int result = git_remote_create_anonymous(into(remote), repository, url.c_str()); result < 0) return result;
  git_remote_connect_options connect = GIT_REMOTE_CONNECT_OPTIONS_INIT;
  set_options(connect);
  if (const int result = git_remote_connect_ext(remote.get(), GIT_DIRECTION_FETCH, &connect); result < 0) return result;
  auto options = fetch_options();
  char* spec = all_refs;
  const git_strarray specs{&spec, 1};
  if (const int result = git_remote_download(remote.get(), &specs, &options); result < 0) return result;
  if (const int result = git_remote_update_tips(remote.get(), &options.callbacks, 0, options.download_tags, nullptr);
      result < 0)
    return result;
  if (const int result = git_remote_prune(remote.get(), &options.callbacks); result < 0) return result;
  // The target of an unborn or dangling HEAD may be missing: then there is no default branch.
  (void)copy_head(repository, remote.get());
  return 0;
}

// Removes temporary and lock files of processes that died. The caller holds the lock of the mirror, so no other process
// is writing.
Status clear_leftovers(const std::string& dir, bool objects = false) {
  auto names = io::list_dir(dir);
  if (!names) return names.error().code == Code::not_found ? Status() : fail(names.error());
  for (const auto& name : *names) {
    const std::string path = dir + "/" + name;
    struct stat st {};
    if (::lstat(path.c_str(), &st) != 0) continue;
    if (S_ISDIR(st.st_mode)) {
      DEPLOYCTL_CHECK(clear_leftovers(path, objects || name == "objects"));
      continue;
    }
    // No ref ends with .lock, but one may begin with tmp_.
    const bool half_written = objects && (name.starts_with("pack_git2_") || name.starts_with("tmp_"));
    if (half_written || name.ends_with(".lock")) {
      DEPLOYCTL_CHECK(io::remove_file(path));
    }
  }
  return {};
}

// libgit2 does not support some repository formats of newer git; its message names the extension.
Error unsupported(const Url& url, const std::string& why) {
  return with_hint(
      error(Code::build_failed, "repository " + url.path + " is not supported: " + why),
      "name the repository that it was cloned from in build.repo, or make a plain copy: git clone --mirror");
}

std::optional<Error> what_is_unsupported(const Url& url, git_repository* source) {
  Config config;
  if (git_repository_config_snapshot(into(config), source) < 0) return std::nullopt;
  ConfigIterator iterator;
  git_config_entry* entry = nullptr;
  const int listed =
      git_config_iterator_glob_new(into(iterator), config.get(), "^remote\\..*\\.(promisor|partialclonefilter)$");
  if (listed == 0 && git_config_next(&entry, iterator.get()) == 0)
    return unsupported(url, "it is a partial clone (--filter), without the contents of all its files");
  return std::nullopt;
}

Status check_local(const Url& url, const Operation& operation) {
  if (!io::exists(url.path))
    return fail(
        with_hint(error(Code::invalid, "repository " + url.path + " does not exist"), "check build.repo in the plan"));
  Repository source;
  const int result = git_repository_open(into(source), url.path.c_str());
  if (result >= 0) {
    auto why = what_is_unsupported(url, source.get());
    return why ? fail(std::move(*why)) : Status();
  }
  if (result != GIT_ENOTFOUND) {
    auto why = operation.failure(result);
    const bool known = why.message.starts_with("unsupported ");
    return fail(known ? unsupported(url, why.message) : std::move(why));
  }
  return fail(with_hint(error(Code::invalid, url.path + " is not a git repository"), "check build.repo in the plan"));
}

// Copies or hard-links the objects instead of packing them again, which is tens of times faster.
int clone_local(const std::string& from, const std::string& to) {
  git_clone_options options = GIT_CLONE_OPTIONS_INIT;
  options.bare = 1;
  options.local = GIT_CLONE_LOCAL;
  options.remote_cb = mirror_everything;
  options.fetch_opts = fetch_options();
  Repository made;
  return git_clone(into(made), from.c_str(), to.c_str(), &options);
}

std::string hash_name(const Url& url) { return url.name() + "-" + sha256(url.text).hex().substr(0, 12) + ".git"; }

Error told(Error e, const Url& url) {
  if (e.hint.empty() && e.code == Code::authentication)
    e.hint = url.kind == Url::Kind::https
                 ? "name where a token is kept, such as build.token: {env: GIT_TOKEN}, or use an ssh URL"
                 : "check your ssh keys";
  if (e.hint.empty() && e.code == Code::host_key)
    e.hint =
        "install the certificate authority that signed the server's certificate (update-ca-certificates), or name its "
        "file in SSL_CERT_FILE";
  return e;
}

}  // namespace

Result<Mirror> Mirror::of(const std::string& dir, const std::string& url) {
  DEPLOYCTL_TRY(parsed, parse_url(url));
  return of(dir, std::move(parsed));
}

// The path is absolute, because checkouts refer to it, and because libgit2 would put a clone into a different place for
// a relative one.
Mirror Mirror::of(const std::string& dir, Url url) {
  const std::string whole = std::filesystem::absolute(dir);
  std::string path = whole + "/" + hash_name(url);
  return Mirror(whole, std::move(url), std::move(path));
}

Status Mirror::make(const Limits& limits) {
  const Operation operation("copy " + url_.shown(), limits);
  const std::string unfinished = path_ + ".new";
  DEPLOYCTL_CHECK(io::remove_tree(unfinished));
  int result = GIT_ERROR;
  if (url_.kind == Url::Kind::local) {
    DEPLOYCTL_CHECK(check_local(url_, operation));
    result = clone_local(url_.path, unfinished);
    if (result < 0) {
      DEPLOYCTL_CHECK(io::remove_tree(unfinished));
    }
  }
  Repository made;
  if (result < 0) {
    DEPLOYCTL_CHECK(operation.check(git_repository_init(into(made), unfinished.c_str(), 1)));
  } else {
    DEPLOYCTL_CHECK(operation.check(git_repository_open_bare(into(made), unfinished.c_str())));
  }
  DEPLOYCTL_CHECK(operation.check(fetch_into(made.get(), url_.text)));
  made.reset();
  DEPLOYCTL_CHECK(io::remove_tree(path_));
  if (::rename(unfinished.c_str(), path_.c_str()) != 0) return fail(os_error(errno, "rename to " + path_));
  return io::fsync_dir(dir_);
}

Status Mirror::update(const Limits& limits) {
  const Operation operation("fetch " + url_.shown(), limits);
  if (url_.kind == Url::Kind::local) {
    DEPLOYCTL_CHECK(check_local(url_, operation));
  }
  DEPLOYCTL_CHECK(clear_leftovers(path_));
  Repository repository;
  DEPLOYCTL_CHECK(operation.check(git_repository_open_bare(into(repository), path_.c_str())));
  DEPLOYCTL_CHECK(operation.check(fetch_into(repository.get(), url_.text)));
  return {};
}

Status Mirror::fetch(const Limits& limits) {
  DEPLOYCTL_CHECK(io::make_dirs(dir_));
  DEPLOYCTL_TRY(held, lock(path_ + ".lock", limits));
  const bool known = io::exists(path_);
  Status done = known ? update(limits) : make(limits);
  const auto damaged = [&] {
    return done.error().code == Code::verification || done.error().code == Code::not_found ||
           done.error().code == Code::internal;
  };
  if (!done && known && damaged()) {
    if (limits.said)
      limits.said("the mirror " + path_ + " is damaged (" + done.error().text() + "): it is made anew\n");
    done = make(limits);
  }
  if (!done) return fail(told(done.error(), url_));
  return {};
}

Status Mirror::remake(const Limits& limits) {
  DEPLOYCTL_CHECK(io::make_dirs(dir_));
  DEPLOYCTL_TRY(held, lock(path_ + ".lock", limits));
  auto made = make(limits);
  if (!made) return fail(told(made.error(), url_));
  return {};
}

}  // namespace deployctl::git
