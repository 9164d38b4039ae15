// libssh2's session over any ByteStream: its callbacks move bytes between libssh2 and two buffers of ours,
// two pump coroutines between the buffers and the stream. So nothing is ever half-sent, and any stream can
// carry a session. Private to the room.
//
// Held by its users and its pumps; it ends for good by close() (ours) or when the stream does (the peer's).
// What came before the peer's end can still be read. One strand.
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

  // Calls until the answer isn't EAGAIN, waiting for bytes between calls, and answers that. An error: the
  // transport is over. A call that is given up on the way may have to be repeated before others (libssh2's
  // rule): see each user.
  static awaitable<Result<long>> repeat(std::shared_ptr<Transport> self, std::function<long()> call);
  // Until everything that libssh2 has sent so far has been written to the stream, or the transport is over.
  static awaitable<void> flush(std::shared_ptr<Transport> self);

  // The login is over and a command runs: sshd has turned Nagle's algorithm off.
  void settle() { settled_ = true; }

  // What libssh2 says about its last failure, as the session's end when `rc` is no mere refusal.
  Error explain(long rc, const std::string& what);
  void close(Error why);
  // Wakes every repeat(), so that it looks again.
  void wake() { arrived_.notify_all(); }
  const std::optional<Error>& ended() const { return ended_; }
  std::uint64_t sent() const { return written_; }
  Duration round_trip() const { return stream_->round_trip(); }
  // What goes out is encrypted: libssh2 has sent its first packet beneath the agreed keys.
  bool secured() const { return secured_; }
  std::uint64_t packets() const { return packets_; }  // that libssh2 has sent so far, the banner too
  // The first bytes that the server sent in the clear (banner and key exchange offer).
  const std::string& greeting() const { return greeting_; }
  // libssh2 wants a descriptor to look at, though with our callbacks it never reads or writes it.
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
  std::uint64_t queued_ = 0, written_ = 0;  // bytes ever appended to out_, and written to the stream
  std::uint64_t packets_ = 0;
  bool keys_sent_ = false, secured_ = false, settled_ = false;
  io::Notifier arrived_, room_, to_send_, flushed_;
  std::optional<Error> ended_, closed_;  // by whoever was first; by us
  bool tearing_down_ = false;
  std::string greeting_, farewell_;
};

}  // namespace deployctl::transport::detail
