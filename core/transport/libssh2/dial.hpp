// Logs in to one sshd: TCP (or a stream from the caller), key exchange, a check of the host key against its pins
// before any credential is sent, and public-key authentication. One session, one strand: all calls come from the
// given executor. libssh2 reads and writes two buffers, and two pump coroutines move the bytes, so that any
// ByteStream can carry a session.
//
// Errors: unreachable (refused, no route, unknown name, timeout), host_key (unknown or changed; the message has the
// fingerprint, the hint has the command that shows it), authentication (names the keys tried), unsupported (an RSA
// user key, a server without a common algorithm), disconnected.
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
  // If ssh_config is set, `ssh -G` supplies the defaults; the endpoint's own values take precedence.
  model::Endpoint endpoint;
  std::vector<HostKey> pins;                   // any of these is accepted; none: Code::host_key
  Duration timeout{std::chrono::seconds(20)};  // of the whole login, without the wait for a login slot
  // Maximum number of attempts. Retries only if sshd drops the connection before its greeting (MaxStartups), after a
  // pause with jitter.
  int tries = 10;
};

class Session {
 public:
  virtual ~Session() = default;
  virtual asio::any_io_executor executor() = 0;
  // Starts a command on a channel of its own. The stream's end of reading is the end of stdout. Stderr is drained; if
  // the command fails before it writes to stdout, the read returns Code::disconnected with the exit status and the
  // stderr text. A write returns when the transport has taken the bytes. Closing the stream ends the channel; the
  // session stays open. Takes at most 30 s.
  virtual asio::awaitable<Result<std::unique_ptr<io::ByteStream>>> exec(std::string command) = 0;
  // Bytes written to the transport so far, including encryption overhead.
  virtual std::uint64_t sent() const = 0;
  virtual Duration round_trip() const = 0;  // current value of the connection; 0: unknown
  // The negotiated algorithms: key exchange, host key, ciphers and MACs (out, in).
  virtual std::string algorithms() const = 0;
  virtual void close() = 0;  // idempotent; all channels end with Code::cancelled
};

asio::awaitable<Result<std::shared_ptr<Session>>> dial(asio::any_io_executor executor, DialOptions options);

// The same over an existing stream (`ssh -W` for ProxyJump, fault injection in tests).
asio::awaitable<Result<std::shared_ptr<Session>>> dial_over(std::unique_ptr<io::ByteStream> stream,
                                                            DialOptions options);

}  // namespace deployctl::transport
