// Where a user's background process is found: a Unix socket in a folder of his own, named for its kind, its program and
// the boot, so that another version of the program, and another host that shares the home, have one of their own.
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
  // Makes the folder, which must be the user's own. `kind`: "relay".
  static Result<Rendezvous> at(const std::string& folder, const std::string& kind, const Digest& program);

  const std::string& path() const { return path_; }
  // Code::absent: nobody listens there.
  Result<io::Fd> connect() const;

  // The right to listen: held by one process, and by the children that it gives the descriptor to, until all have
  // ended. Code::locked: somebody has it.
  Result<io::Fd> claim() const;
  // Listens in the place of whoever did before; with the claim in hand.
  Result<io::Fd> listen() const;
  // What stands at the path now: another inode, or 0, when it was removed or replaced.
  static ino_t inode(const std::string& path);

 private:
  explicit Rendezvous(std::string path, io::Fd folder) : path_(std::move(path)), folder_(std::move(folder)) {}
  // A path that fits a socket's address however deep the home is.
  std::string short_path() const;

  std::string path_;
  io::Fd folder_;
};

// Who is at the other end of a connection: a process of our own user.
bool is_own_user(int socket);

}  // namespace deployctl::host
