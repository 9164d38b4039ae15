// Sends and receives frames over a ByteStream, for either end of a session: one writing coroutine with two queues
// (chunks wait for everything else, so that a lease is renewed in time while megabytes cross a slow link), pings when
// idle, a close if nothing is received for too long, and packing of small frames if both sides support it. The owner
// interprets the frames (agent_link.hpp, agents/serve/session.hpp).
//
// The peer may be hostile. However much it sends, and however well that is packed, the reader yields the strand after
// each 64 KiB or 256 frames. The pipe closes on a packed batch that breaks the rules, on too many pings, on a frame
// that does not arrive completely, and if a peer reads nothing while more than 64 MiB are queued for it. All calls
// come from the stream's executor (one strand).
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "core/io/byte_stream.hpp"
#include "core/io/notifier.hpp"
#include "core/link/allowance.hpp"
#include "core/link/packer.hpp"
#include "core/protocol/frame.hpp"

namespace deployctl::link {

using asio::awaitable;

struct PipeOptions {
  Duration ping_every{std::chrono::seconds(5)};
  Duration silence{std::chrono::seconds(20)};
};

class FramePipe : public std::enable_shared_from_this<FramePipe> {
 public:
  // `early` are bytes that have been read already. Owns the stream and starts its coroutines, which keep the pipe
  // alive until close().
  static std::shared_ptr<FramePipe> start(std::unique_ptr<io::ByteStream> stream, BytesView early, PipeOptions options);

  // Call if the other side can unpack: from then on, small frames that wait together are packed.
  void begin_packing() { packing_ = true; }

  // Returns the next frame that is not a ping. One caller at a time. Errors (all final): disconnected, invalid, and
  // the error passed to close().
  awaitable<Result<protocol::Frame>> next();
  // Queues the frame at once, however much is queued; for small messages. Closes the pipe above 64 MiB.
  void post(const protocol::Frame& frame);
  // Waits until less than 2 MiB are queued, then queues the frame; for chunks, so that no call fills the memory.
  awaitable<Status> send(protocol::Frame frame);
  // Waits until everything queued is written, or the pipe is closed.
  awaitable<void> drain();

  // Replaces PipeOptions::silence from now on.
  void set_silence(Duration silence) { options_.silence = silence; }
  // Idempotent: the first reason is kept.
  void close(Error why);
  const std::optional<Error>& closed() const { return closed_; }
  bool fell_silent() const { return fell_silent_; }  // closed because nothing was received for too long
  std::uint64_t sent() const { return sent_; }
  asio::any_io_executor executor() { return stream_->executor(); }

 private:
  FramePipe(std::unique_ptr<io::ByteStream> stream, PipeOptions options);
  // The bytes of one write. Small frames that may be packed are appended to the last one in the queue.
  struct Parcel {
    Bytes bytes;
    bool packs = false;
  };
  void enqueue(Bytes bytes, bool packs);
  std::optional<Parcel> take_parcel();
  Result<std::optional<protocol::Frame>> next_here();
  Result<std::optional<protocol::Frame>> next_unpacked();
  Status check_ping(const protocol::Frame& ping);
  void take_bytes(BytesView bytes);
  void hear();
  bool turn_is_over(const protocol::Frame& frame);
  static awaitable<void> write_all(std::shared_ptr<FramePipe> self);
  static awaitable<void> keep_alive(std::shared_ptr<FramePipe> self);

  std::unique_ptr<io::ByteStream> stream_;
  PipeOptions options_;
  protocol::FrameDecoder decoder_;
  protocol::FrameDecoder unpacked_;
  Packer packer_;
  Unpacker unpacker_;
  bool packing_ = false;
  std::deque<Parcel> queue_, chunks_;
  std::size_t queued_ = 0;  // bytes in the queues and in the current write
  io::Notifier changed_;    // signals changes of the queues and of closed_
  std::optional<Error> closed_;
  bool fell_silent_ = false;
  SteadyTime heard_, spoke_;
  std::uint64_t sent_ = 0;
  Bytes inbox_;
  Allowance pings_;
  std::size_t unheard_ = 0;     // bytes of an unfinished frame since heard_
  std::size_t row_frames_ = 0;  // frames that the current packed batch may still contain
  std::size_t turn_ = 0;        // work done since the strand was last yielded
};

}  // namespace deployctl::link
