#include "core/remote/prewarmed_session.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <ctime>

#include "core/io/deadline.hpp"
#include "core/protocol/frame.hpp"

namespace deployctl::remote::detail {
namespace {

constexpr Duration ping_every{std::chrono::seconds(5)};
constexpr Duration recent{std::chrono::seconds(8)};  // agents ping every 5 s
// Enough for a magic, a hello and pings, and the login noise before them.
constexpr std::size_t max_text_kept = 64 * 1024;
constexpr std::size_t part_size = 64 * 1024;

}  // namespace

Duration PrewarmedSession::boot_time() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + Duration(now.tv_nsec / 1'000'000);
}

PrewarmedSession::PrewarmedSession(std::unique_ptr<io::ByteStream> stream, std::shared_ptr<void> owner)
    : owner_(std::move(owner)), stream_(std::move(stream)), changed_(stream_->executor()), heard_(boot_time()) {}

std::shared_ptr<PrewarmedSession> PrewarmedSession::start(std::unique_ptr<io::ByteStream> stream,
                                                          std::shared_ptr<void> owner) {
  const std::shared_ptr<PrewarmedSession> self(new PrewarmedSession(std::move(stream), std::move(owner)));
  asio::co_spawn(self->stream_->executor(), pump(self), asio::detached);
  asio::co_spawn(self->stream_->executor(), keep_alive(self), asio::detached);
  return self;
}

bool PrewarmedSession::fresh(Duration now) const { return !over_ && speaks_ && now - heard_ < recent; }

bool PrewarmedSession::went_silent(Duration now) const { return !useless() && now - heard_ >= recent; }

bool PrewarmedSession::useless() const { return over_ || lacks_agent(); }

bool PrewarmedSession::lacks_agent() const {
  return !speaks_ && as_text(said_).find(protocol::missing_magic) != std::string_view::npos;
}

awaitable<void> PrewarmedSession::pump(std::shared_ptr<PrewarmedSession> self) {
  Bytes part(part_size);
  for (;;) {
    const auto n = co_await self->stream_->read_some(part);
    if (!n || *n == 0) break;
    self->heard_ = boot_time();
    const auto fresh = BytesView(part).first(*n);
    if (self->client_) {
      const auto written = co_await self->client_->write(fresh);
      if (!written) break;
    } else {
      self->said_.insert(self->said_.end(), fresh.begin(), fresh.end());
      self->speaks_ = self->speaks_ || as_text(self->said_).find(protocol::magic) != std::string_view::npos;
      if (self->said_.size() > max_text_kept) break;
    }
    self->changed_.notify_all();
  }
  self->over_ = true;
  self->stream_->close();
  if (self->client_) self->client_->close();
  self->changed_.notify_all();
}

// Pings until there is a client, which then pings itself.
awaitable<void> PrewarmedSession::keep_alive(std::shared_ptr<PrewarmedSession> self) {
  const Bytes ping = protocol::encode(protocol::Frame{protocol::FrameType::ping, 0, 0, {}});
  while (!self->over_ && !self->taken_) {
    co_await self->changed_.wait_until(io::now_steady() + ping_every);
    if (self->over_ || self->taken_) break;
    if (!self->speaks_) continue;
    self->pinging_ = true;
    const auto written = co_await self->stream_->write(ping);
    self->pinging_ = false;
    self->changed_.notify_all();
    if (!written) break;
  }
}

awaitable<void> PrewarmedSession::bridge(std::shared_ptr<io::ByteStream> client) {
  const auto self = shared_from_this();
  taken_ = true;
  changed_.notify_all();
  // The buffered output comes first, including output that arrives while it is written.
  while (!said_.empty()) {
    const Bytes said = std::exchange(said_, {});
    const auto written = co_await client->write(said);
    if (!written) break;
  }
  client_ = client;
  if (over_) client->close();
  while (pinging_ && !over_) co_await changed_.wait();
  Bytes part(part_size);
  for (;;) {
    const auto n = co_await client->read_some(part);
    if (!n || *n == 0) break;
    const auto written = co_await stream_->write(BytesView(part).first(*n));
    if (!written) break;
  }
  stream_->close();
  while (!over_) co_await changed_.wait();
  client->close();
}

}  // namespace deployctl::remote::detail
