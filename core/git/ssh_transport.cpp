#include "core/git/ssh_transport.hpp"

#include <git2/sys/transport.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "core/git/operation.hpp"
#include "core/git/url.hpp"
#include "core/host/subprocess.hpp"
#include "core/io/files.hpp"

namespace deployctl::git {
namespace {

// Quotes a path for the remote shell, as git does.
std::string quoted(const std::string& path) {
  std::string out = "'";
  for (const char c : path) {
    if (c == '\'' || c == '!')
      out += std::string("'\\") + c + "'";
    else
      out += c;
  }
  return out + "'";
}

std::vector<std::string> ssh_argv(const Url& url) {
  std::vector<std::string> argv;
  const char* own = std::getenv("GIT_SSH_COMMAND");
  if (own && *own)
    argv = {"/bin/sh", "-c", std::string(own) + " \"$@\"", own};
  else
    argv = {"ssh"};
  for (const char* word :
       {"-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=30", "-x", "-T"})
    argv.push_back(word);
  if (url.port != 0) argv.insert(argv.end(), {"-p", std::to_string(url.port)});
  argv.push_back(url.user.empty() ? url.host : url.user + "@" + url.host);
  argv.push_back("git-upload-pack " + quoted(url.path));
  return argv;
}

struct Why {
  const char* words;
  Code code;
  const char* hint;
};
// ssh exits with 255 in all of these cases, so only its messages tell them apart.
constexpr Why reasons[] = {
    {"Host key verification failed", Code::host_key,
     "add the host's key to ~/.ssh/known_hosts after checking its fingerprint"},
    {"Permission denied", Code::authentication,
     "load a key that the host accepts into ssh-agent, or name it in ~/.ssh/config or GIT_SSH_COMMAND"},
    {"Could not resolve hostname", Code::unreachable, "check the host's name"},
    {"Connection refused", Code::unreachable, ""},
    {"timed out", Code::unreachable, ""},
    {"No route to host", Code::unreachable, ""},
    {"does not appear to be a git repository", Code::invalid, "check the repository's path"},
    {"ot found", Code::invalid, "check the repository's path, and that git is installed there"},
};

Error ssh_error(const std::string& said) {
  for (const auto& reason : reasons) {
    const auto at = said.find(reason.words);
    if (at == std::string::npos) continue;
    const auto line = said.rfind('\n', at);
    const auto begin = line == std::string::npos ? 0 : line + 1;
    auto words = said.substr(begin, said.find_first_of("\r\n", at) - begin);
    return with_hint(error(reason.code, "ssh: " + words), reason.hint);
  }
  auto last = said.substr(0, said.find_last_not_of(" \r\n") + 1);
  last.erase(0, last.find_last_of("\r\n") + 1);
  return error(Code::disconnected, "ssh: " + (last.empty() ? "the connection ended early" : last));
}

// An ssh process with its descriptors, and the stream that libgit2 reads and writes.
struct Connection : git_smart_subtransport_stream {
  host::Subprocess ssh;
  io::Fd to, from, said;  // said: an anonymous file for the error output of ssh

  std::string words() const {
    std::string text(16 * 1024, '\0');
    const ssize_t n = ::pread(said.get(), text.data(), text.size(), 0);
    return text.substr(0, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  }
};

struct Subtransport : git_smart_subtransport {
  Connection* connection = nullptr;  // owned by libgit2, which frees it with the stream's free()
};

int read_from(git_smart_subtransport_stream* stream, char* buffer, size_t size, size_t* bytes_read) {
  auto* connection = static_cast<Connection*>(stream);
  *bytes_read = 0;
  if (const int result = Operation::wait_ready_in_current(connection->from.get(), POLLIN); result < 0) return result;
  const ssize_t n = ::read(connection->from.get(), buffer, size);
  if (n < 0) return Operation::stop_current(os_error(errno, "read from ssh"));
  if (n == 0) {
    (void)connection->ssh.wait(std::chrono::seconds(2));  // so that its error output is complete
    return Operation::stop_current(ssh_error(connection->words()));
  }
  *bytes_read = static_cast<size_t>(n);
  return 0;
}

int write_to(git_smart_subtransport_stream* stream, const char* buffer, size_t size) {
  auto* connection = static_cast<Connection*>(stream);
  while (size > 0) {
    if (const int result = Operation::wait_ready_in_current(connection->to.get(), POLLOUT); result < 0) return result;
    const ssize_t n = ::send(connection->to.get(), buffer, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n < 0 && errno == EPIPE) return Operation::stop_current(ssh_error(connection->words()));
    if (n < 0) return Operation::stop_current(os_error(errno, "write to ssh"));
    buffer += n;
    size -= static_cast<size_t>(n);
  }
  return 0;
}

void free_connection(git_smart_subtransport_stream* stream) {
  auto* connection = static_cast<Connection*>(stream);
  static_cast<Subtransport*>(connection->subtransport)->connection = nullptr;
  connection->to.reset();
  (void)connection->ssh.wait(std::chrono::milliseconds(500));  // lets ssh exit by itself before it is killed
  delete connection;
}

Result<Connection*> connect(const std::string& text) {
  DEPLOYCTL_TRY(url, parse_url(text));
  io::Fd said(::memfd_create("ssh-stderr", MFD_CLOEXEC));
  if (!said) return fail(os_error(errno, "make a file in memory"));
  DEPLOYCTL_TRY(in, io::make_socket_pair());  // a socket, so that MSG_NOSIGNAL avoids SIGPIPE when ssh has exited
  host::Command command;
  command.argv = ssh_argv(url);
  command.in = host::Stdio::of(in.second.get());
  command.out = host::Stdio::pipe();
  command.err = host::Stdio::of(said.get());
  auto ssh = host::Subprocess::spawn(command);
  if (!ssh) return fail(with_hint(ssh.error(), "install the OpenSSH client"));
  auto* connection = new Connection{{}, std::move(*ssh), {}, {}, std::move(said)};
  connection->to = std::move(in.first);
  connection->from = connection->ssh.take_stdout();
  connection->read = read_from;
  connection->write = write_to;
  connection->free = free_connection;
  return connection;
}

int act(git_smart_subtransport_stream** out, git_smart_subtransport* subtransport, const char* url,
        git_smart_service_t service) {
  auto* self = static_cast<Subtransport*>(subtransport);
  if (service == GIT_SERVICE_UPLOADPACK && self->connection) {
    *out = self->connection;
    return 0;
  }
  if (service != GIT_SERVICE_UPLOADPACK_LS)
    return Operation::stop_current(error(Code::unsupported, "ssh: only fetching is supported"));
  auto connection = connect(url);
  if (!connection) return Operation::stop_current(connection.error());
  (*connection)->subtransport = subtransport;
  self->connection = *connection;
  *out = *connection;
  return 0;
}

int close_it(git_smart_subtransport*) { return 0; }
void free_it(git_smart_subtransport* subtransport) { delete static_cast<Subtransport*>(subtransport); }

int make_subtransport(git_smart_subtransport** out, git_transport*, void*) {
  auto* made = new Subtransport;
  made->action = act;
  made->close = close_it;
  made->free = free_it;
  *out = made;
  return 0;
}

git_smart_subtransport_definition definition{make_subtransport, 0, nullptr};

}  // namespace

void register_ssh_transport() {
  for (const char* scheme : {"ssh", "ssh+git", "git+ssh"})
    git_transport_register(scheme, git_transport_smart, &definition);
}

}  // namespace deployctl::git
