// Frames both ways over a ByteStream, for either end of a session: one writing coroutine behind two queues (chunks wait
// for everything else, so that a grant is renewed in time while megabytes cross a thin link), pings when idle, an end
// when nothing was heard for too long, small frames packed where both sides can. What a frame means is the owner's
// (agent_link.hpp, agents/serve/session.hpp).
//
// The peer may be hostile. However much it sends, and however well that is packed, the strand is given to others after
// each 64 KiB or 256 frames. A row that breaks the rules of packing, pings without end, and a frame that doesn't arrive
// whole close the pipe, and so does a peer that takes nothing while more than 64 MiB are queued for it. All calls come
// from the stream's executor (one strand).
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
  // `early` are bytes that were read already. Owns the stream; starts its coroutines, which keep it alive until
  // close().
  static std::shared_ptr<FramePipe> start(std::unique_ptr<io::ByteStream> stream, BytesView early, PipeOptions options);

  // The other side can unpack: from now on what waits together is packed.
  void begin_packing() { packing_ = true; }

  // The next frame that isn't a ping. One caller at a time. Errors (all final): disconnected, invalid, and what close()
  // said.
  awaitable<Result<protocol::Frame>> next();
  // Queued at once, whatever is queued already: for small messages.
  void post(const protocol::Frame& frame);
  // Queued when less than 2 MiB are: for chunks, so that no call fills the memory.
  awaitable<Status> send(protocol::Frame frame);
  // Until all that was queued is written, or the pipe closed.
  awaitable<void> drain();

  // From now on, instead of PipeOptions::silence.
  void set_silence(Duration silence) { options_.silence = silence; }
  // Idempotent: the first reason stays.
  void close(Error why);
  const std::optional<Error>& closed() const { return closed_; }
  bool fell_silent() const { return fell_silent_; }  // closed, since nothing was heard for too long
  std::uint64_t sent() const { return sent_; }
  asio::any_io_executor executor() { return stream_->executor(); }

 private:
  FramePipe(std::unique_ptr<io::ByteStream> stream, PipeOptions options);
  // What is written at once. Frames that may be packed gather at the end of the queue.
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
  std::size_t queued_ = 0;  // bytes in the queues and in the write that is going on
  io::Notifier changed_;    // the queues, or closed_
  std::optional<Error> closed_;
  bool fell_silent_ = false;
  SteadyTime heard_, spoke_;
  std::uint64_t sent_ = 0;
  Bytes inbox_;
  Allowance pings_;
  std::size_t unheard_ = 0;     // bytes of an unfinished frame since heard_
  std::size_t row_frames_ = 0;  // that the row being read may still hold
  std::size_t turn_ = 0;        // what was handled since others had the strand
};

}  // namespace deployctl::link
