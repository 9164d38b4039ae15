#include "agents/session_role.hpp"

#include <pwd.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include "agents/roles.hpp"
#include "core/io/fd_stream.hpp"
#include "core/io/files.hpp"

namespace deployctl::agents {
int report_error(const std::string& role, const Error& why, int exit_code) {
  std::fprintf(stderr, "deploy-agent %s: %s\n", role.c_str(), why.text().c_str());
  if (!why.hint.empty()) std::fprintf(stderr, "  %s\n", why.hint.c_str());
  return exit_code;
}

std::string self_exe() {
  constexpr const char* link = "/proc/self/exe";
  char path[PATH_MAX];
  const ssize_t n = ::readlink(link, path, sizeof path);
  const std::string text(path, static_cast<std::size_t>(n > 0 ? n : 0));
  return !text.empty() && io::exists(text) ? text : link;
}

// sshd sets HOME. With an empty environment, the account's entry applies (from /etc/passwd only, because the program is
// static).
std::string home_folder() {
  if (const char* home = std::getenv("HOME"); home && *home == '/') return home;
  const std::string passwd = io::read_file("/etc/passwd").value_or("");
  const std::string uid = std::to_string(::getuid());
  for (std::size_t at = 0; at < passwd.size();) {
    const auto end = std::min(passwd.find('\n', at), passwd.size());
    std::vector<std::string> fields(1);
    for (std::size_t i = at; i < end; ++i) {
      if (passwd[i] == ':')
        fields.emplace_back();
      else
        fields.back() += passwd[i];
    }
    if (fields.size() >= 6 && fields[2] == uid && fields[5].starts_with('/')) return fields[5];
    at = end + 1;
  }
  return {};
}

// Hashing eight megabytes at every login of every target adds up. The program that installed the file verified it, so
// the digest is taken from the file's name.
Digest own_digest() {
  const std::string exe = self_exe();
  const std::string name = exe.substr(exe.rfind('/') + 1);
  if (const auto named = Digest::parse("sha256:" + name);
      named && exe.find("/.cache/deployctl/agents/") != std::string::npos)
    return *named;
  return sha256_file("/proc/self/exe").value_or(Digest{});
}

serve::SessionOptions session_options(const std::string& role) {
  serve::SessionOptions options;
  options.role = role;
  options.program = program_name;
  options.agent = own_digest();
  if (role == "relay") options.features = {protocol::feature_attach_first, protocol::feature_fresh_logins};
  if (role == "target") {
    options.features = {protocol::feature_private_modes};
    options.max_requests = 1000;  // for the few services of one host
  }
  return options;
}

int run_session(const std::string& role, SessionStdio stdio, const MakeService& make) {
  asio::io_context context(1);
  auto stream = io::make_fd_stream(context.get_executor(), std::move(stdio.in), std::move(stdio.out));
  if (!stream) return report_error(role, with_context(stream.error(), "stdin and stdout must be pipes or sockets"), 2);
  auto service = make(context.get_executor());
  if (!service) return report_error(role, service.error(), 2);
  std::optional<Status> ended;
  asio::co_spawn(context, serve::serve_session(std::move(*stream), **service, session_options(role)),
                 [&ended](std::exception_ptr thrown, Status status) {
                   if (thrown) std::rethrow_exception(thrown);
                   ended = std::move(status);
                 });
  context.run();
  if (ended && !*ended && ended->error().code != Code::disconnected) return report_error(role, ended->error(), 1);
  return 0;
}

}  // namespace deployctl::agents
