#include "agents/fd_passing.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/host/rendezvous.hpp"

namespace deployctl::agents {
namespace {

constexpr int answer_wait_ms = 10'000;  // a relay that doesn't answer is stuck
constexpr char session_word = 's', taken_word = 't';
using Descriptors = std::array<int, 2>;

// A message of one byte, with space for two descriptors.
struct PassedDescriptors {
  explicit PassedDescriptors(char w) : word(w) {
    part = {&word, 1};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
  PassedDescriptors(const PassedDescriptors&) = delete;
  PassedDescriptors& operator=(const PassedDescriptors&) = delete;

  char word;
  iovec part{};
  msghdr message{};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(Descriptors))] = {};
};

}  // namespace

Status send_stdio(int socket, const SessionStdio& stdio) {
  const Descriptors descriptors{stdio.in.get(), stdio.out.get()};
  PassedDescriptors parcel(session_word);
  cmsghdr* header = CMSG_FIRSTHDR(&parcel.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptors);
  std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof descriptors);
  ssize_t n;
  do n = ::sendmsg(socket, &parcel.message, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n != 1) return fail(os_error(errno, "hand the session over"));
  return {};
}

Result<SessionStdio> receive_stdio(int socket) {
  if (!host::is_own_user(socket)) return fail(Code::invalid, "a session of another user");
  PassedDescriptors parcel(0);
  ssize_t n;
  do n = ::recvmsg(socket, &parcel.message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n < 0) return fail(os_error(errno, "take a session over"));
  const cmsghdr* header = CMSG_FIRSTHDR(&parcel.message);
  const bool whole = n == 1 && parcel.word == session_word && header && header->cmsg_level == SOL_SOCKET &&
                     header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(Descriptors));
  if (!whole) return fail(Code::invalid, "no session was handed over");
  Descriptors descriptors;
  std::memcpy(descriptors.data(), CMSG_DATA(header), sizeof descriptors);
  return SessionStdio{io::Fd(descriptors[0]), io::Fd(descriptors[1])};
}

Status acknowledge(int socket) {
  if (::send(socket, &taken_word, 1, MSG_NOSIGNAL) == 1) return {};
  return fail(os_error(errno, "answer the session's giver"));
}

bool await_taken(int socket) {
  pollfd answered{socket, POLLIN, 0};
  if (::poll(&answered, 1, answer_wait_ms) <= 0) return false;
  char word = 0;
  ssize_t n;
  do n = ::recv(socket, &word, 1, 0);
  while (n < 0 && errno == EINTR);
  return n == 1 && word == taken_word;
}

}  // namespace deployctl::agents
