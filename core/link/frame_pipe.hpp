// Frames both ways over a ByteStream, for either end of a session: one writing coroutine behind two queues (chunks wait for
// everything else, so that a grant is renewed in time while megabytes cross a thin link), pings when idle, an
// end when nothing was heard for too long, small frames packed where both sides can. What a frame means is the owner's (agent_link.hpp, agents/serve/session.hpp).
// All calls come from the stream's executor (one strand).
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "core/io/byte_stream.hpp"
#include "core/io/notifier.hpp"
#include "core/link/packer.hpp"
#include "core/wire/frame.hpp"

namespace deployctl::link {

using asio::awaitable;

struct PipeOptions {
  Duration ping_every{std::chrono::seconds(5)};
  Duration silence{std::chrono::seconds(20)};
};

class FramePipe : public std::enable_shared_from_this<FramePipe> {
 public:
  // `early` are bytes that were read already. Owns the stream; starts its coroutines, which keep it alive until close().
  static std::shared_ptr<FramePipe> start(std::unique_ptr<io::ByteStream> stream, BytesView early, PipeOptions options);

  // The other side can unpack: from now on what waits together is packed.
  void begin_packing() { packing_ = true; }

  // The next frame that isn't a ping. One caller at a time. Errors (all final): disconnected, invalid, and what close() said.
  awaitable<Result<wire::Frame>> next();
  // Queued at once, whatever is queued already: for small messages.
  void post(const wire::Frame& frame);
  // Queued when less than 2 MiB are: for chunks, so that no call fills the memory.
  awaitable<Status> send(wire::Frame frame);
  // Until all that was queued is written, or the pipe closed.
  awaitable<void> drain();

  // Idempotent: the first reason stays.
  void close(Error why);
  const std::optional<Error>& closed() const { return closed_; }
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
  Result<std::optional<wire::Frame>> next_here();
  static awaitable<void> write_all(std::shared_ptr<FramePipe> self);
  static awaitable<void> keep_alive(std::shared_ptr<FramePipe> self);

  std::unique_ptr<io::ByteStream> stream_;
  PipeOptions options_;
  wire::FrameDecoder decoder_;
  wire::FrameDecoder unpacked_;
  Packer packer_;
  Unpacker unpacker_;
  bool packing_ = false;
  std::deque<Parcel> queue_, chunks_;
  std::size_t queued_ = 0;  // bytes in the queues and in the write that is going on
  io::Notifier changed_;    // the queues, or closed_
  std::optional<Error> closed_;
  SteadyTime heard_, spoke_;
  std::uint64_t sent_ = 0;
  Bytes inbox_;
};

}  // namespace deployctl::link
