// The address of a user's background process: a Unix socket in a private folder, named after its kind, its program and
// the boot, so that another version of the program, or another host that shares the home directory, uses its own.
// Blocking.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/base/digest.hpp"
#include "core/base/result.hpp"
#include "core/io/fd.hpp"

namespace deployctl::host {

class Rendezvous {
 public:
  // Creates the folder, which must belong to this user and not be writable by others. `kind`: "relay".
  static Result<Rendezvous> at(const std::string& folder, const std::string& kind, const Digest& program);

  const std::string& path() const { return path_; }
  // Code::not_found: no process listens there.
  Result<io::Fd> connect() const;

  // The exclusive right to listen: a lock held by one process, and by children that inherit the descriptor, until all
  // have exited. Code::locked: another process holds it.
  Result<io::Fd> claim() const;
  // Replaces any previous socket at the path. The caller must hold the claim.
  Result<io::Fd> listen() const;
  // The inode at the path: it differs, or is 0, once the socket was replaced or removed.
  static ino_t inode(const std::string& path);

 private:
  explicit Rendezvous(std::string path, io::Fd folder) : path_(std::move(path)), folder_(std::move(folder)) {}
  // A path that fits into a socket address however deep the home directory is.
  std::string short_path() const;

  std::string path_;
  io::Fd folder_;
};

// Whether the peer of a connection is a process of this user.
bool is_own_user(int socket);

}  // namespace deployctl::host
