#include "core/link/frame_pipe.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include "core/io/deadline.hpp"

namespace deployctl::link {
namespace {

constexpr std::size_t queue_limit = 2 * protocol::max_payload;
constexpr std::size_t max_small_size = 64 * 1024;  // the largest frame that is packed, in bytes
constexpr std::size_t min_read = 4 * 1024, max_read = 256 * 1024;
constexpr std::size_t max_queued = 64 * protocol::max_payload;  // for a peer that does not read
constexpr std::size_t min_progress = 4 * 1024;                  // bytes of an unfinished frame within `silence`
// Both sides send one ping per 5 s, also to a cached login, which a relay keeps for ten minutes before anything reads
// its data.
constexpr double pings_at_once = 1024, pings_per_second = 1;
constexpr std::size_t a_turn = 64 * 1024, frame_cost = 256;
// Adjacent frames of a batch differ at least in their streams, which costs zstd most of a byte each. A batch with
// more frames than this is one frame repeated: 50 bytes could expand to 10,000 frames.
constexpr std::size_t row_frames_per_byte = 4, min_row_frames = 64;

}  // namespace

FramePipe::FramePipe(std::unique_ptr<io::ByteStream> stream, PipeOptions options)
    : stream_(std::move(stream)),
      options_(options),
      changed_(stream_->executor()),
      heard_(io::now_steady()),
      spoke_(heard_),
      inbox_(min_read),
      pings_(pings_at_once, pings_per_second) {}

std::shared_ptr<FramePipe> FramePipe::start(std::unique_ptr<io::ByteStream> stream, BytesView early,
                                            PipeOptions options) {
  std::shared_ptr<FramePipe> pipe(new FramePipe(std::move(stream), options));
  pipe->decoder_.feed(early);
  asio::co_spawn(pipe->executor(), write_all(pipe), asio::detached);
  asio::co_spawn(pipe->executor(), keep_alive(pipe), asio::detached);
  return pipe;
}

awaitable<Result<protocol::Frame>> FramePipe::next() {
  const auto self = shared_from_this();
  for (;;) {
    if (closed_) co_return fail(*closed_);
    auto frame = next_here();
    if (!frame) {
      close(with_context(frame.error(), "protocol error"));
      continue;
    }
    if (*frame) {
      if (turn_is_over(**frame)) co_await asio::post(executor(), asio::use_awaitable);
      if ((*frame)->type != protocol::FrameType::ping) co_return std::move(**frame);
      if (auto allowed = check_ping(**frame); !allowed) close(with_context(allowed.error(), "protocol error"));
      continue;
    }
    const auto got = co_await stream_->read_some(inbox_);
    if (!got)
      close(got.error());
    else if (*got == 0)
      close(error(Code::disconnected,
                  decoder_.midway() ? "the connection ended in the middle of a frame" : "the connection ended"));
    else
      take_bytes(BytesView(inbox_).first(*got));
  }
}

// A frame that trickles in does not count as a sign of life: it would hold memory, and the callers that wait for it,
// without limit.
void FramePipe::take_bytes(BytesView bytes) {
  unheard_ += bytes.size();
  if (unheard_ >= min_progress) hear();
  decoder_.feed(bytes);
  if (bytes.size() == inbox_.size() && bytes.size() < max_read) inbox_.resize(4 * inbox_.size());
}

void FramePipe::hear() {
  heard_ = io::now_steady();
  unheard_ = 0;
}

// The strand is shared with timers, Ctrl-C and the links to other hosts.
bool FramePipe::turn_is_over(const protocol::Frame& frame) {
  turn_ += frame_cost + frame.payload.size();
  if (turn_ < a_turn) return false;
  turn_ = 0;
  return true;
}

Status FramePipe::check_ping(const protocol::Frame& ping) {
  if (!ping.payload.empty() || ping.stream != 0) return fail(Code::invalid, "a ping that carries something");
  if (!pings_.take(1, io::now_steady())) return fail(Code::invalid, "more pings than one in a second");
  return {};
}

// Returns the next frame from the bytes that have arrived, if one is complete.
Result<std::optional<protocol::Frame>> FramePipe::next_here() {
  for (;;) {
    DEPLOYCTL_TRY(inner, next_unpacked());
    if (inner) return inner;
    DEPLOYCTL_TRY(outer, decoder_.next());
    if (!outer) return outer;
    hear();
    if (outer->type != protocol::FrameType::packed) return outer;
    DEPLOYCTL_TRY(frames, unpacker_.unpack(outer->payload));
    if (frames.empty()) return fail(Code::invalid, "a packed row of nothing");
    row_frames_ = min_row_frames + row_frames_per_byte * outer->payload.size();
    turn_ += frames.size();
    unpacked_.feed(frames);
  }
}

// Returns the next frame of the batch that was unpacked last.
Result<std::optional<protocol::Frame>> FramePipe::next_unpacked() {
  DEPLOYCTL_TRY(inner, unpacked_.next());
  if (!inner && unpacked_.midway()) return fail(Code::invalid, "a packed row that ends in the middle of a frame");
  if (!inner) return inner;
  using enum protocol::FrameType;
  if (inner->type == packed || inner->type == chunk || inner->type == ping || inner->type == hello)
    return fail(Code::invalid, "a packed row holds a frame that isn't to be packed");
  if (row_frames_-- == 0) return fail(Code::invalid, "a packed row holds more frames than its bytes can tell apart");
  return inner;
}

void FramePipe::post(const protocol::Frame& frame) {
  if (closed_) return;
  Bytes bytes = protocol::encode(frame);
  const bool packs = packing_ && frame.type != protocol::FrameType::chunk && frame.type != protocol::FrameType::ping &&
                     frame.type != protocol::FrameType::hello && bytes.size() <= max_small_size;
  if (queued_ + bytes.size() > max_queued)
    return close(error(Code::disconnected, "the peer takes nothing of what is sent to it"));
  queued_ += bytes.size();
  if (frame.type == protocol::FrameType::chunk)
    chunks_.push_back({std::move(bytes), false});
  else
    enqueue(std::move(bytes), packs);
  changed_.notify_all();
}

void FramePipe::enqueue(Bytes bytes, bool packs) {
  const bool joins =
      packs && !queue_.empty() && queue_.back().packs && queue_.back().bytes.size() + bytes.size() <= max_packed;
  if (!joins) return queue_.push_back({std::move(bytes), packs});
  auto& last = queue_.back().bytes;
  last.insert(last.end(), bytes.begin(), bytes.end());
}

std::optional<FramePipe::Parcel> FramePipe::take_parcel() {
  auto& from = queue_.empty() ? chunks_ : queue_;
  if (from.empty()) return {};
  Parcel parcel = std::move(from.front());
  from.pop_front();
  return parcel;
}

awaitable<Status> FramePipe::send(protocol::Frame frame) {
  const auto self = shared_from_this();
  while (!closed_ && queued_ >= queue_limit) co_await changed_.wait();
  if (closed_) co_return fail(*closed_);
  post(frame);
  co_return Status{};
}

awaitable<void> FramePipe::drain() {
  const auto self = shared_from_this();
  while (!closed_ && queued_ > 0) co_await changed_.wait();
}

void FramePipe::close(Error why) {
  if (closed_) return;
  closed_ = std::move(why);
  stream_->close();
  changed_.notify_all();
}

awaitable<void> FramePipe::write_all(std::shared_ptr<FramePipe> self) {
  while (!self->closed_) {
    const auto parcel = self->take_parcel();
    if (!parcel) {
      co_await self->changed_.wait();
      continue;
    }
    const Bytes packed = parcel->packs ? self->packer_.pack(parcel->bytes) : Bytes();
    const Bytes& bytes = parcel->packs ? packed : parcel->bytes;
    const auto written = co_await self->stream_->write(bytes);
    if (!written) {
      self->close(written.error());
      break;
    }
    self->queued_ -= parcel->bytes.size();
    self->sent_ += bytes.size();
    self->spoke_ = io::now_steady();
    self->changed_.notify_all();
  }
}

awaitable<void> FramePipe::keep_alive(std::shared_ptr<FramePipe> self) {
  while (!self->closed_) {
    const auto now = io::now_steady();
    if (now >= self->heard_ + self->options_.silence) {
      self->fell_silent_ = true;
      const std::string what = self->decoder_.midway() ? "a frame did not arrive whole within " : "nothing heard for ";
      self->close(error(Code::disconnected, what + human_duration(self->options_.silence)));
      break;
    }
    if (now >= self->spoke_ + self->options_.ping_every && self->queued_ == 0)
      self->post(protocol::Frame{protocol::FrameType::ping, 0, 0, {}});
    const auto ping_at = std::max(self->spoke_, now) + self->options_.ping_every;
    co_await self->changed_.wait_until(std::min(ping_at, self->heard_ + self->options_.silence));
  }
}

}  // namespace deployctl::link
