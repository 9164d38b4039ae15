#include "core/git/operation.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <mutex>

#include "core/git/socket_stream.hpp"
#include "core/git/ssh_transport.hpp"
#include "core/text/url_text.hpp"

namespace deployctl::git {
namespace {

thread_local Operation* innermost = nullptr;

Code code_of(int result, int klass, int errnum) {
  switch (result) {
    case GIT_EAUTH:
      return Code::authentication;
    case GIT_ECERTIFICATE:
      return Code::host_key;
    case GIT_EUSER:
      return Code::cancelled;
    case GIT_ENOTFOUND:
      return klass == GIT_ERROR_ODB ? Code::verification : Code::not_found;
    default:
      break;
  }
  switch (klass) {
    case GIT_ERROR_OS:
    case GIT_ERROR_FILESYSTEM:
      return os_error(errnum, "").code;
    case GIT_ERROR_NET:
    case GIT_ERROR_HTTP:
    case GIT_ERROR_SSH:
      return Code::unreachable;
    case GIT_ERROR_SSL:
      return Code::host_key;
    case GIT_ERROR_ODB:
    case GIT_ERROR_ZLIB:
    case GIT_ERROR_OBJECT:
    case GIT_ERROR_INDEXER:
    case GIT_ERROR_SHA:
    case GIT_ERROR_TREE:
    case GIT_ERROR_REFERENCE:
    case GIT_ERROR_REPOSITORY:
    case GIT_ERROR_CONFIG:
      return Code::verification;
    default:
      return Code::internal;
  }
}

// libgit2 is built with one of three TLS libraries, only one of which reads these variables itself. The names that git
// uses have priority. If a file can't be read, the authorities of the system remain in use: a certificate is then
// rejected, never accepted by mistake.
void trust_authorities_of_environment() {
  const auto first_of = [](std::initializer_list<const char*> names) -> const char* {
    for (const char* name : names)
      if (const char* value = std::getenv(name); value && *value) return value;
    return nullptr;
  };
  const char* file = first_of({"GIT_SSL_CAINFO", "SSL_CERT_FILE"});
  const char* folder = first_of({"GIT_SSL_CAPATH", "SSL_CERT_DIR"});
  if (file || folder) git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, folder);
}

// libgit2 appends the message of the system to its own, with any error class and number; errno may be overwritten by
// then.
int system_error(const std::string& message) {
  for (const int errnum : {ENOSPC, EDQUOT, EACCES, EPERM, EROFS})
    if (message.ends_with(std::strerror(errnum))) return errnum;
  return 0;
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

void start_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    git_libgit2_init();
    // Use only the repository's own configuration: no insteadOf, proxy command or attributes of the machine.
    for (const int level :
         {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_PROGRAMDATA})
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    // The plan names the repository, so its owner is not checked.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    git_libgit2_opts(GIT_OPT_SET_USER_AGENT, "deployctl");
    trust_authorities_of_environment();
    register_ssh_transport();
    register_socket_stream();
  });
}

Operation::Operation(std::string what, const Limits& limits)
    : what_(std::move(what)), limits_(limits), outer_(innermost) {
  start_library();
  innermost = this;
}
Operation::~Operation() { innermost = outer_; }
Operation* Operation::current() { return innermost; }

int Operation::stop(Error why) {
  if (!stopped_) stopped_ = std::move(why);
  git_error_set_str(GIT_ERROR_CALLBACK, stopped_->message.c_str());
  return GIT_EUSER;
}

int Operation::stop_current(Error why) {
  if (innermost) return innermost->stop(std::move(why));
  git_error_set_str(GIT_ERROR_NET, why.message.c_str());
  return -1;
}

int Operation::wait_ready_in_current(int fd, short events) { return innermost ? innermost->wait_ready(fd, events) : 0; }

std::optional<Result<std::string>> Operation::take_token(const std::string& host, unsigned port) {
  const std::string asking = port == 0 ? host : host + ":" + std::to_string(port);
  if (!limits_.token || token_given_ || asking != limits_.token_host) return std::nullopt;
  token_given_ = true;
  return limits_.token();
}

int Operation::stop_if_cancelled() {
  return limits_.cancel.cancelled() ? stop(error(Code::cancelled, "cancelled")) : 0;
}

int Operation::wait_ready(int fd, short events) {
  const auto deadline = std::chrono::steady_clock::now() + limits_.idle;
  for (;;) {
    pollfd waited[] = {{fd, events, 0}, {limits_.cancel.fd(), POLLIN, 0}};
    const auto left = std::chrono::ceil<Duration>(deadline - std::chrono::steady_clock::now()).count();
    const int n = ::poll(waited, 2, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000'000)));
    if (limits_.cancel.cancelled()) return stop_if_cancelled();
    if (n == 0) return stop(error(Code::timed_out, "nothing heard for " + human_duration(limits_.idle)));
    if (n < 0 && errno != EINTR) return stop(os_error(errno, "poll"));
    if (n > 0 && waited[0].revents != 0) return 0;
  }
}

Error Operation::failure(int result) const {
  const int errnum = errno;
  if (stopped_) return with_context(*stopped_, what_);
  const git_error* last = git_error_last();
  const std::string message =
      last && last->message ? with_url_origins(one_line(last->message)) : "error " + std::to_string(result);
  const int told = system_error(message);
  const Code code = told != 0 ? os_error(told, "").code : code_of(result, last ? last->klass : 0, errnum);
  return with_context(error(code, message), what_);
}

Status Operation::check(int result) const {
  if (result >= 0) return {};
  return fail(failure(result));
}

}  // namespace deployctl::git
