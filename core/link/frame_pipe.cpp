#include "core/link/frame_pipe.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/deadline.hpp"

namespace deployctl::link {
namespace {

constexpr std::size_t queue_limit = 2 * wire::max_payload;
constexpr std::size_t most_small = 64 * 1024;  // bytes of a frame that is packed
constexpr std::size_t least_read = 4 * 1024, most_read = 256 * 1024;

}  // namespace

FramePipe::FramePipe(std::unique_ptr<io::ByteStream> stream, PipeOptions options)
    : stream_(std::move(stream)),
      options_(options),
      changed_(stream_->executor()),
      heard_(io::now_steady()),
      spoke_(heard_),
      inbox_(least_read) {}

std::shared_ptr<FramePipe> FramePipe::start(std::unique_ptr<io::ByteStream> stream, BytesView early, PipeOptions options) {
  std::shared_ptr<FramePipe> pipe(new FramePipe(std::move(stream), options));
  pipe->decoder_.feed(early);
  asio::co_spawn(pipe->executor(), write_all(pipe), asio::detached);
  asio::co_spawn(pipe->executor(), keep_alive(pipe), asio::detached);
  return pipe;
}

awaitable<Result<wire::Frame>> FramePipe::next() {
  const auto self = shared_from_this();
  for (;;) {
    if (closed_) co_return fail(*closed_);
    auto frame = next_here();
    if (!frame) {
      close(frame.error());
      continue;
    }
    if (*frame) {
      if ((*frame)->type == wire::FrameType::ping) continue;
      co_return std::move(**frame);
    }
    const auto got = co_await stream_->read_some(inbox_);
    if (!got) close(got.error());
    else if (*got == 0) close(error(Code::disconnected, decoder_.midway() ? "the connection ended in the middle of a frame"
                                                                         : "the connection ended"));
    else {
      heard_ = io::now_steady();
      decoder_.feed(BytesView(inbox_).first(*got));
      if (*got == inbox_.size() && *got < most_read) inbox_.resize(4 * inbox_.size());
    }
  }
}

// Of the bytes that have come.
Result<std::optional<wire::Frame>> FramePipe::next_here() {
  for (;;) {
    DEPLOYCTL_TRY(inner, unpacked_.next());
    if (inner && (inner->type == wire::FrameType::packed || inner->type == wire::FrameType::chunk))
      return fail(Code::invalid, "a packed frame holds one that isn't to be packed");
    if (inner) return inner;
    DEPLOYCTL_TRY(outer, decoder_.next());
    if (!outer || outer->type != wire::FrameType::packed) return outer;
    DEPLOYCTL_TRY(frames, unpacker_.unpack(outer->payload));
    unpacked_.feed(frames);
  }
}

void FramePipe::post(const wire::Frame& frame) {
  if (closed_) return;
  Bytes bytes = wire::encode(frame);
  const bool packs = packing_ && frame.type != wire::FrameType::chunk && frame.type != wire::FrameType::ping &&
                     frame.type != wire::FrameType::hello && bytes.size() <= most_small;
  queued_ += bytes.size();
  if (frame.type == wire::FrameType::chunk) chunks_.push_back({std::move(bytes), false});
  else enqueue(std::move(bytes), packs);
  changed_.notify_all();
}

void FramePipe::enqueue(Bytes bytes, bool packs) {
  const bool joins = packs && !queue_.empty() && queue_.back().packs && queue_.back().bytes.size() + bytes.size() <= most_packed;
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

awaitable<Status> FramePipe::send(wire::Frame frame) {
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
      self->close(error(Code::disconnected, "nothing heard for " + humane(self->options_.silence)));
      break;
    }
    if (now >= self->spoke_ + self->options_.ping_every && self->queued_ == 0)
      self->post(wire::Frame{wire::FrameType::ping, 0, 0, {}});
    const auto ping_at = std::max(self->spoke_, now) + self->options_.ping_every;
    co_await self->changed_.wait_until(std::min(ping_at, self->heard_ + self->options_.silence));
  }
}

}  // namespace deployctl::link
