#include "core/transport/key_agent.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/transport/encoding.hpp"

namespace deployctl::transport::detail {
namespace {

// Message numbers of the agent protocol (draft-miller-ssh-agent).
constexpr char request_identities = 11, identities_answer = 12, sign_request = 13, sign_response = 14;
constexpr std::size_t most_answer = 256 * 1024;
constexpr timeval max_wait{10, 0};

Error lost(const char* what) {
  const bool slow = errno == EAGAIN || errno == EWOULDBLOCK;
  return error(Code::not_found,
               std::string("ssh-agent: ") + what + ": " + (slow ? "no answer within 10 s" : std::strerror(errno)));
}

Status send_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const auto n = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(lost("send"));
    data.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::string> receive(int fd, std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t at = 0; at < size;) {
    const auto n = ::recv(fd, out.data() + at, size - at, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(lost("receive"));
    if (n == 0) return fail(Code::not_found, "ssh-agent closed its socket");
    at += static_cast<std::size_t>(n);
  }
  return out;
}

}  // namespace

Result<KeyAgent> KeyAgent::connect() {
  const char* path = std::getenv("SSH_AUTH_SOCK");
  if (!path || !*path) return fail(Code::not_found, "no ssh-agent: SSH_AUTH_SOCK is not set");
  return connect(path);
}

Result<KeyAgent> KeyAgent::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(Code::not_found, "no ssh-agent: the path of its socket is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  io::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail(os_error(errno, "make a socket"));
  for (const int way : {SO_RCVTIMEO, SO_SNDTIMEO})
    ::setsockopt(socket.get(), SOL_SOCKET, way, &max_wait, sizeof max_wait);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return fail(Code::not_found, "no ssh-agent at " + path + ": " + std::strerror(errno));
  return KeyAgent(std::move(socket));
}

Result<std::string> KeyAgent::ask(const std::string& message) {
  DEPLOYCTL_CHECK(send_all(socket_.get(), encode_string(message)));
  DEPLOYCTL_TRY(head, receive(socket_.get(), 4));
  const auto size = SshReader(head).u32();
  if (*size == 0 || *size > most_answer)
    return fail(Code::invalid, "ssh-agent answered with a message of " + std::to_string(*size) + " bytes");
  return receive(socket_.get(), *size);
}

Result<std::vector<KeyAgent::Identity>> KeyAgent::list() {
  DEPLOYCTL_TRY(answer, ask(std::string(1, request_identities)));
  SshReader reader(std::string_view(answer).substr(1));
  const auto count = reader.u32();
  if (answer[0] != identities_answer || !count) return fail(Code::invalid, "ssh-agent did not list its keys");
  std::vector<Identity> identities;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto blob = reader.string();
    const auto comment = reader.string();
    if (!blob || !comment) return fail(Code::invalid, "ssh-agent's list of keys is cut");
    identities.push_back({std::string(*blob), std::string(*comment)});
  }
  return identities;
}

Result<std::string> KeyAgent::sign(std::string_view blob, std::string_view data) {
  DEPLOYCTL_TRY(answer, ask(std::string(1, sign_request) + encode_string(blob) + encode_string(data) + encode_u32(0)));
  const auto signature = SshReader(std::string_view(answer).substr(1)).string();
  if (answer[0] != sign_response || !signature) return fail(Code::refused, "ssh-agent would not sign");
  SshReader parts(*signature);
  const auto algorithm = parts.string();
  const auto bytes = parts.string();
  if (!algorithm || !bytes) return fail(Code::invalid, "ssh-agent's signature is cut");
  return std::string(*bytes);
}

}  // namespace deployctl::transport::detail
