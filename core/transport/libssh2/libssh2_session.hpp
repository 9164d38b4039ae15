// A libssh2 session over any ByteStream. The callbacks of libssh2 read and write two buffers, and two pump coroutines
// move bytes between the buffers and the stream. So no packet is ever half-sent, and any stream can carry a session.
// Private to the module.
//
// Owned by its users and its pumps. It ends on close() (this side) or when the stream ends (the peer); data that
// arrived before the peer's end can still be read. One strand.
#pragma once

#include <libssh2.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/io/byte_stream.hpp"
#include "core/io/notifier.hpp"

namespace deployctl::transport::detail {

using asio::awaitable;

class Transport : public std::enable_shared_from_this<Transport> {
 public:
  static Result<std::shared_ptr<Transport>> start(std::unique_ptr<io::ByteStream> stream);
  ~Transport();

  LIBSSH2_SESSION* raw() { return raw_; }
  asio::any_io_executor executor() { return stream_->executor(); }

  // Repeats the call until it returns something other than EAGAIN, waiting for bytes between calls, and returns that
  // value. An error means that the transport has ended. libssh2 may require that an abandoned call is repeated before
  // other calls; each caller handles that.
  static awaitable<Result<long>> repeat(std::shared_ptr<Transport> self, std::function<long()> call);
  // Waits until everything that libssh2 has sent so far is written to the stream, or the transport has ended.
  static awaitable<void> flush(std::shared_ptr<Transport> self);

  // Call when the login is complete and a command runs: from then on sshd has disabled Nagle's algorithm.
  void settle() { settled_ = true; }

  // Returns the last failure of libssh2 as an error. Closes the session unless `rc` is a refusal of one request.
  Error explain(long rc, const std::string& what);
  void close(Error why);
  // Wakes every repeat(), so that it calls again.
  void wake() { arrived_.notify_all(); }
  const std::optional<Error>& ended() const { return ended_; }
  std::uint64_t sent() const { return written_; }
  Duration round_trip() const { return stream_->round_trip(); }
  // Outgoing packets are encrypted: libssh2 has sent its first packet under the negotiated keys.
  bool secured() const { return secured_; }
  std::uint64_t packets() const { return packets_; }  // sent by libssh2 so far, including the banner
  // The first bytes that the server sent in clear text (banner and key exchange offer).
  const std::string& greeting() const { return greeting_; }
  // libssh2 requires a file descriptor, but with these callbacks it never reads or writes it.
  static int decoy();

 private:
  explicit Transport(std::unique_ptr<io::ByteStream> stream);
  static awaitable<void> pump_in(std::shared_ptr<Transport> self);
  static awaitable<void> pump_out(std::shared_ptr<Transport> self);
  void end(Error why);
  void note_packet(BytesView packet);
  static ssize_t on_send(libssh2_socket_t, const void* data, std::size_t n, int, void** abstract);
  static ssize_t on_recv(libssh2_socket_t, void* into, std::size_t n, int, void** abstract);
  static void on_disconnect(LIBSSH2_SESSION*, int, const char* message, int n, const char*, int, void** abstract);

  std::unique_ptr<io::ByteStream> stream_;
  LIBSSH2_SESSION* raw_ = nullptr;
  Bytes in_, out_;
  std::size_t in_at_ = 0;
  std::uint64_t queued_ = 0, written_ = 0;  // bytes ever appended to out_, and bytes written to the stream
  std::uint64_t packets_ = 0;
  bool keys_sent_ = false, secured_ = false, settled_ = false;
  io::Notifier arrived_, room_, to_send_, flushed_;
  std::optional<Error> ended_, closed_;  // by either side, the first reason; by this side
  bool tearing_down_ = false;
  std::string greeting_, farewell_;
};

}  // namespace deployctl::transport::detail
