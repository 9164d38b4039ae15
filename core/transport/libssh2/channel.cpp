#include "core/transport/libssh2/channel.hpp"

#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <climits>
#include <cstring>

#include "core/io/deadline.hpp"

namespace deployctl::transport::detail {
namespace {

constexpr std::size_t max_text_kept = 4096;
constexpr std::size_t max_unread = 256 * 1024;  // that a write buffers for a slow reader
constexpr long was_closed = LONG_MIN;           // not a libssh2 code: this side closed the channel

// Shared with pending calls, because close() may run and the stream may be destroyed while they wait.
struct Channel {
  std::shared_ptr<Transport> transport;
  LIBSSH2_CHANNEL* raw = nullptr;  // null once closed
  Bytes pending;                   // stdout that libssh2 delivered and our reader has not consumed
  std::size_t at = 0;
  std::string said;    // the end of stderr
  bool heard = false;  // stdout has delivered data
  bool torn = false;   // a write was abandoned midway: no further write is possible

  long fetch();
  long pull();
  long push(BytesView data);
  void drain_stderr();
};

// Empties the stderr buffer of libssh2, which would otherwise fill the window.
void Channel::drain_stderr() {
  std::array<char, 4096> part;
  for (;;) {
    const auto n = libssh2_channel_read_ex(raw, SSH_EXTENDED_DATA_STDERR, part.data(), part.size());
    if (n <= 0) return;
    said.append(part.data(), static_cast<std::size_t>(n));
    if (said.size() > 2 * max_text_kept) said.erase(0, said.size() - max_text_kept);
  }
}

// Moves all stdout that libssh2 holds to `pending`. Returns 0 at the end, LIBSSH2_ERROR_EAGAIN or another error.
long Channel::fetch() {
  if (at == pending.size()) {
    pending.clear();
    at = 0;
  }
  drain_stderr();
  std::array<char, 32 * 1024> part;
  ssize_t n;
  while ((n = libssh2_channel_read_ex(raw, 0, part.data(), part.size())) > 0)
    pending.insert(pending.end(), part.data(), part.data() + n);
  drain_stderr();  // nothing can arrive between these calls, so no stdout is missed
  return n == 0 && !libssh2_channel_eof(raw) ? LIBSSH2_ERROR_EAGAIN : static_cast<long>(n);
}

// Used by the reader. Returns a value above 0 if data is available and 0 at the end of stdout. libssh2 opens the
// window on every read, so it reads only when `pending` is empty: that limits the memory of a channel with a slow
// reader to about two windows.
long Channel::pull() {
  if (at < pending.size()) return 1;
  const long ended = fetch();
  return pending.empty() ? ended : 1;
}

// A command that has exited never opens the window again. To detect that, the output before its exit must be read
// first.
long Channel::push(BytesView data) {
  const auto n = libssh2_channel_write_ex(raw, 0, reinterpret_cast<const char*>(data.data()), data.size());
  if (n != LIBSSH2_ERROR_EAGAIN && n != 0) return static_cast<long>(n);
  if (pending.size() - at < max_unread) {
    const long ended = fetch();
    if (ended < 0 && ended != LIBSSH2_ERROR_EAGAIN) return ended;
  }
  if (libssh2_channel_eof(raw) && libssh2_channel_wait_closed(raw) == 0) return LIBSSH2_ERROR_CHANNEL_CLOSED;
  return LIBSSH2_ERROR_EAGAIN;
}

Error closed_here() { return error(Code::cancelled, "the channel was closed on this side"); }

std::string one_line(const std::string& text) {
  std::string out;
  for (const char c : text.substr(text.size() - std::min<std::size_t>(text.size(), 400))) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f)
      out += c;
    else if (c == '\n' && !out.empty())
      out += " / ";
  }
  while (out.ends_with(" / ")) out.erase(out.size() - 3);
  return out;
}

std::string exit_text(LIBSSH2_CHANNEL* raw) {
  char* name = nullptr;
  std::size_t size = 0;
  libssh2_channel_get_exit_signal(raw, &name, &size, nullptr, nullptr, nullptr, nullptr);
  const int status = libssh2_channel_get_exit_status(raw);
  std::string text;
  if (name)
    text = "was killed by SIG" + std::string(name, size);
  else if (status != 0)
    text = "exited with status " + std::to_string(status);
  std::free(name);  // libssh2 uses its own allocator, which is malloc here
  return text;
}

// Called at the end of a command without output: returns its error if it failed. Waits at most 2 s, because a command
// may close its stdout and keep running.
awaitable<Status> look_at_exit(std::shared_ptr<Channel> c) {
  std::function<long()> wait = [c] { return c->raw ? long{libssh2_channel_wait_closed(c->raw)} : was_closed; };
  (void)co_await io::with_deadline(Transport::repeat(c->transport, wait), std::chrono::seconds(2),
                                   "the command's exit");
  if (!c->raw) co_return fail(closed_here());
  c->drain_stderr();
  const std::string text = exit_text(c->raw);
  if (text.empty()) co_return Status{};
  const std::string words = one_line(c->said);
  co_return fail(Code::disconnected, "the remote command " + text + (words.empty() ? "" : "; it said: " + words));
}

awaitable<Result<std::size_t>> read_from(std::shared_ptr<Channel> c, std::span<std::uint8_t> into) {
  std::function<long()> call = [c] { return c->raw ? c->pull() : was_closed; };
  DEPLOYCTL_CO_TRY(rc, co_await Transport::repeat(c->transport, call));
  if (rc == was_closed) co_return fail(closed_here());
  if (rc < 0) co_return fail(c->transport->explain(rc, "read"));
  if (rc == 0) {
    if (!c->heard) {
      DEPLOYCTL_CO_CHECK(co_await look_at_exit(c));
    }
    co_return std::size_t{0};
  }
  c->heard = true;
  const std::size_t n = std::min(into.size(), c->pending.size() - c->at);
  std::memcpy(into.data(), c->pending.data() + c->at, n);
  c->at += n;
  co_return n;
}

awaitable<Status> write_to(std::shared_ptr<Channel> c, BytesView data) {
  if (c->torn) co_return fail(Code::cancelled, "an earlier write was given up midway");
  c->torn = true;
  while (!data.empty()) {
    std::function<long()> call = [c, data] { return c->raw ? c->push(data) : was_closed; };
    DEPLOYCTL_CO_TRY(rc, co_await Transport::repeat(c->transport, call));
    if (rc == was_closed) co_return fail(closed_here());
    if (rc == LIBSSH2_ERROR_CHANNEL_CLOSED) co_return fail(Code::disconnected, "write: the remote command is over");
    if (rc == LIBSSH2_ERROR_CHANNEL_EOF_SENT) co_return fail(Code::invalid, "written after the end of writing");
    if (rc < 0) co_return fail(c->transport->explain(rc, "write"));
    data = data.subspan(static_cast<std::size_t>(rc));
  }
  co_await Transport::flush(c->transport);
  if (c->transport->ended()) co_return fail(*c->transport->ended());
  c->torn = false;
  co_return Status{};
}

awaitable<Status> end_writing(std::shared_ptr<Channel> c) {
  std::function<long()> call = [c] { return c->raw ? long{libssh2_channel_send_eof(c->raw)} : was_closed; };
  DEPLOYCTL_CO_TRY(rc, co_await Transport::repeat(c->transport, call));
  if (rc == was_closed) co_return fail(closed_here());
  if (rc < 0 && rc != LIBSSH2_ERROR_CHANNEL_EOF_SENT) co_return fail(c->transport->explain(rc, "end of writing"));
  co_await Transport::flush(c->transport);
  co_return Status{};
}

awaitable<void> free_channel(std::shared_ptr<Transport> transport, LIBSSH2_CHANNEL* raw) {
  std::function<long()> call = [raw] { return long{libssh2_channel_free(raw)}; };
  (void)co_await Transport::repeat(transport, call);
}

class ChannelStream final : public io::ByteStream {
 public:
  explicit ChannelStream(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}
  ~ChannelStream() override { ChannelStream::close(); }
  asio::any_io_executor executor() override { return channel_->transport->executor(); }
  awaitable<Result<std::size_t>> read_some(std::span<std::uint8_t> into) override { return read_from(channel_, into); }
  awaitable<Status> write(BytesView data) override { return write_to(channel_, data); }
  awaitable<Status> close_write() override { return end_writing(channel_); }
  void close() override {
    if (!channel_->raw) return;
    retire(channel_->transport, std::exchange(channel_->raw, nullptr));
    channel_->transport->wake();
  }

 private:
  std::shared_ptr<Channel> channel_;
};

}  // namespace

std::unique_ptr<io::ByteStream> make_channel_stream(std::shared_ptr<Transport> transport, LIBSSH2_CHANNEL* raw) {
  auto channel = std::make_shared<Channel>();
  channel->transport = std::move(transport);
  channel->raw = raw;
  return std::make_unique<ChannelStream>(std::move(channel));
}

void retire(std::shared_ptr<Transport> transport, LIBSSH2_CHANNEL* raw) {
  if (transport->ended()) return;  // libssh2_session_free frees the channel
  const auto executor = transport->executor();
  asio::co_spawn(executor, free_channel(std::move(transport), raw), asio::detached);
}

}  // namespace deployctl::transport::detail
