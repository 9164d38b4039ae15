#include "core/host/rendezvous.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/host/boot_id.hpp"
#include "core/io/files.hpp"

namespace deployctl::host {
namespace {

constexpr int backlog = 128;

std::string boot() { return boot_id().substr(0, 8); }

Result<io::Fd> make_socket() {
  io::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail(os_error(errno, "make a socket"));
  return socket;
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(Code::invalid, path + " is too long for a socket");
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

}  // namespace

Result<Rendezvous> Rendezvous::at(const std::string& folder, const std::string& kind, const Digest& program) {
  DEPLOYCTL_CHECK(io::make_dirs(folder, 0700));
  DEPLOYCTL_TRY(fd, io::open_fd(folder, O_PATH | O_DIRECTORY));
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return fail(os_error(errno, folder));
  if (st.st_uid != ::getuid() || (st.st_mode & 0022) != 0)
    return fail(Code::refused, folder + " may be written to by others");
  return Rendezvous(folder + "/" + kind + "-" + program.hex().substr(0, 12) + "-" + boot(), std::move(fd));
}

std::string Rendezvous::short_path() const {
  return "/proc/self/fd/" + std::to_string(folder_.get()) + path_.substr(path_.rfind('/'));
}

Result<io::Fd> Rendezvous::connect() const {
  DEPLOYCTL_TRY(socket, make_socket());
  DEPLOYCTL_TRY(address, address_of(short_path()));
  const timeval most{10, 0};  // the queue of a stuck process may be full
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
  int failed;
  do failed = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  while (failed && errno == EINTR);
  if (!failed) return socket;
  if (errno == ENOENT || errno == ECONNREFUSED) return fail(Code::not_found, "nobody listens at " + path_);
  return fail(os_error(errno, "connect to " + path_));
}

Result<io::Fd> Rendezvous::claim() const {
  DEPLOYCTL_TRY(lock, io::open_fd(path_ + ".lock", O_RDWR | O_CREAT, 0600));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return fail(Code::locked, "another process is about to listen at " + path_);
  return fail(os_error(errno, "lock " + path_ + ".lock"));
}

Result<io::Fd> Rendezvous::listen() const {
  DEPLOYCTL_TRY(socket, make_socket());
  DEPLOYCTL_TRY(address, address_of(short_path()));
  DEPLOYCTL_CHECK(io::remove_file(path_));
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path_.c_str(), 0600) != 0 || ::listen(socket.get(), backlog) != 0)
    return fail(os_error(errno, "listen at " + path_));
  return socket;
}

bool is_own_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::getuid();
}

ino_t Rendezvous::inode(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 ? st.st_ino : 0;
}

}  // namespace deployctl::host
