// A login on one sshd: TCP (or a stream that somebody else made), key exchange, the host key checked against
// pins before anything of ours is shown, public-key authentication. One session, one strand: every call comes
// from the executor given. libssh2 reads and writes buffers of ours, two pumps move the bytes, so any
// ByteStream can carry a session.
//
// Errors: unreachable (refused, no route, no name, the time is over), host_key (unknown or changed; the
// fingerprint is in the message, the command that shows it in the hint), authentication (names the keys
// tried), unsupported (an RSA user key, a server without a common algorithm), disconnected.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/io/byte_stream.hpp"
#include "core/model/endpoint.hpp"
#include "core/transport/host_key.hpp"

namespace deployctl::transport {

struct DialOptions {
  model::Endpoint endpoint;                    // ssh_config set: `ssh -G` is asked first, the endpoint's own values win
  std::vector<HostKey> pins;                   // any of these; none: Code::host_key
  Duration timeout{std::chrono::seconds(20)};  // of the whole login
  // Jitter before a retry when sshd drops us for MaxStartups; how many tries in all.
  int tries = 10;
};

class Session {
 public:
  virtual ~Session() = default;
  virtual asio::any_io_executor executor() = 0;
  // Starts a command on a channel of its own. The stream's end of reading is the end of its stdout. What it
  // says on stderr is drained; a command that fails before a word on stdout makes the read Code::disconnected
  // with its exit status and those words. A write returns when the transport has taken the bytes. Closing the
  // stream ends the channel; the session goes on. At most 30 s.
  virtual asio::awaitable<Result<std::unique_ptr<io::ByteStream>>> exec(std::string command) = 0;
  // Bytes written to the transport so far, encryption and all.
  virtual std::uint64_t sent() const = 0;
  virtual Duration round_trip() const = 0;  // of the connection by now; 0: not known
  // What was negotiated: key exchange, host key, ciphers and MACs (out, in).
  virtual std::string algorithms() const = 0;
  virtual void close() = 0;  // idempotent; every channel ends with Code::cancelled
};

asio::awaitable<Result<std::shared_ptr<Session>>> dial(asio::any_io_executor executor, DialOptions options);

// The same over a stream that is there already (`ssh -W` for ProxyJump, a fault in a test).
asio::awaitable<Result<std::shared_ptr<Session>>> dial_over(std::unique_ptr<io::ByteStream> stream,
                                                            DialOptions options);

}  // namespace deployctl::transport
