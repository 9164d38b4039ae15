#include "core/transport/libssh2/libssh2_session.hpp"

#include <sys/eventfd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "core/io/fd.hpp"

namespace deployctl::transport::detail {
namespace {

constexpr std::size_t max_outbound = 1024 * 1024;
constexpr std::size_t max_inbound = 256 * 1024;
constexpr std::size_t max_greeting = 16 * 1024;
constexpr std::size_t min_read = 4 * 1024, max_read = 64 * 1024;
constexpr std::size_t idle_buffer = 64 * 1024;  // output buffer capacity that an idle session keeps

// libssh2_init isn't thread-safe.
bool init_library() {
  static std::once_flag once;
  static int rc = -1;
  std::call_once(once, [] { rc = libssh2_init(0); });
  return rc == 0;
}

Transport& of(void** abstract) { return *static_cast<Transport*>(*abstract); }

// These errors affect one channel or one request; the session continues.
bool is_refusal(long rc) {
  switch (rc) {
    case LIBSSH2_ERROR_CHANNEL_FAILURE:
    case LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED:
    case LIBSSH2_ERROR_CHANNEL_CLOSED:
    case LIBSSH2_ERROR_CHANNEL_EOF_SENT:
    case LIBSSH2_ERROR_REQUEST_DENIED:
      return true;
    default:
      return false;
  }
}

}  // namespace

// The descriptor is non-blocking, so that libssh2 does not change it.
int Transport::decoy() {
  static const io::Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  return fd.get();
}

Transport::Transport(std::unique_ptr<io::ByteStream> stream)
    : stream_(std::move(stream)),
      arrived_(stream_->executor()),
      room_(stream_->executor()),
      to_send_(stream_->executor()),
      flushed_(stream_->executor()) {}

Result<std::shared_ptr<Transport>> Transport::start(std::unique_ptr<io::ByteStream> stream) {
  if (!init_library() || decoy() < 0) return fail(Code::internal, "libssh2 could not be initialised");
  const std::shared_ptr<Transport> self(new Transport(std::move(stream)));
  self->raw_ = libssh2_session_init_ex(nullptr, nullptr, nullptr, self.get());
  if (!self->raw_) return fail(Code::internal, "libssh2 could not make a session");
  libssh2_session_set_blocking(self->raw_, 0);
  libssh2_session_callback_set(self->raw_, LIBSSH2_CALLBACK_SEND, reinterpret_cast<void*>(&Transport::on_send));
  libssh2_session_callback_set(self->raw_, LIBSSH2_CALLBACK_RECV, reinterpret_cast<void*>(&Transport::on_recv));
  libssh2_session_callback_set(self->raw_, LIBSSH2_CALLBACK_DISCONNECT,
                               reinterpret_cast<void*>(&Transport::on_disconnect));
  asio::co_spawn(self->executor(), pump_in(self), asio::detached);
  asio::co_spawn(self->executor(), pump_out(self), asio::detached);
  return self;
}

// With tearing_down_ set, libssh2 sees a closed connection, so freeing it never waits for the peer.
Transport::~Transport() {
  tearing_down_ = true;
  if (raw_) libssh2_session_free(raw_);
}

ssize_t Transport::on_send(libssh2_socket_t, const void* data, std::size_t n, int, void** abstract) {
  Transport& self = of(abstract);
  if (self.tearing_down_ || self.ended_) return static_cast<ssize_t>(n);
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  self.note_packet({bytes, n});
  self.out_.insert(self.out_.end(), bytes, bytes + n);
  self.queued_ += n;
  self.to_send_.notify_all();
  return static_cast<ssize_t>(n);
}

// libssh2 passes whole packets. It sends the packet after its own NEWKEYS only after the server's NEWKEYS arrived.
void Transport::note_packet(BytesView packet) {
  constexpr std::size_t type_at = 5;  // after packet length and padding length
  constexpr std::uint8_t newkeys = 21;
  ++packets_;
  secured_ = secured_ || keys_sent_;
  keys_sent_ = keys_sent_ || (packet.size() > type_at && packet[type_at] == newkeys);
}

// The peer's end is reported as EAGAIN, because libssh2 would otherwise drop the data that it has already queued.
ssize_t Transport::on_recv(libssh2_socket_t, void* into, std::size_t n, int, void** abstract) {
  Transport& self = of(abstract);
  if (self.tearing_down_) return 0;
  const std::size_t have = std::min(n, self.in_.size() - self.in_at_);
  if (have == 0) return -EAGAIN;
  std::memcpy(into, self.in_.data() + self.in_at_, have);
  self.in_at_ += have;
  if (self.in_at_ == self.in_.size()) {
    self.in_.clear();
    self.in_at_ = 0;
  }
  self.room_.notify_all();
  return static_cast<ssize_t>(have);
}

void Transport::on_disconnect(LIBSSH2_SESSION*, int, const char* message, int n, const char*, int, void** abstract) {
  for (int i = 0; message && i < std::min(n, 200); ++i)
    if (message[i] >= 0x20 && message[i] < 0x7f) of(abstract).farewell_ += message[i];
}

awaitable<void> Transport::pump_in(std::shared_ptr<Transport> self) {
  Bytes part(min_read);  // small, because most sessions of a relay are idle
  while (!self->ended_) {
    if (self->in_.size() - self->in_at_ >= max_inbound) {
      co_await self->room_.wait();
      continue;
    }
    const auto n = co_await self->stream_->read_some(part);
    if (!n)
      self->end(n.error());
    else if (*n == 0)
      self->end(error(Code::disconnected, "the server closed the connection"));
    if (!n || *n == 0) break;
    // A login sends several requests at once. sshd replies with small packets and, because of Nagle's algorithm,
    // holds each back until the previous one is acknowledged.
    if (!self->settled_) self->stream_->acknowledge();
    const auto fresh = BytesView(part).first(*n);
    if (self->greeting_.size() < max_greeting) self->greeting_.append(as_text(fresh));
    self->in_.insert(self->in_.end(), fresh.begin(), fresh.end());
    self->arrived_.notify_all();
    if (*n == part.size() && *n < max_read) part.resize(4 * part.size());
  }
}

awaitable<void> Transport::pump_out(std::shared_ptr<Transport> self) {
  Bytes going;
  while (!self->ended_) {
    if (self->out_.empty()) {
      if (going.capacity() > idle_buffer) {
        Bytes().swap(going);
        Bytes().swap(self->out_);
      }
      co_await self->to_send_.wait();
      continue;
    }
    going.clear();
    std::swap(going, self->out_);
    const auto written = co_await self->stream_->write(going);
    if (!written)
      self->end(written.error());
    else
      self->written_ += going.size();
    self->flushed_.notify_all();
  }
}

void Transport::end(Error why) {
  if (!ended_) ended_ = std::move(why);
  for (auto* notifier : {&arrived_, &room_, &to_send_, &flushed_}) notifier->notify_all();
}

void Transport::close(Error why) {
  if (!closed_) closed_ = why;
  end(std::move(why));
  stream_->close();
}

awaitable<Result<long>> Transport::repeat(std::shared_ptr<Transport> self, std::function<long()> call) {
  for (;;) {
    while (self->queued_ - self->written_ > max_outbound && !self->ended_) co_await self->flushed_.wait();
    if (self->closed_) co_return fail(*self->closed_);
    const long rc = call();
    if (rc != LIBSSH2_ERROR_EAGAIN) co_return rc;
    if (self->ended_) co_return fail(*self->ended_);
    co_await self->arrived_.wait();
  }
}

awaitable<void> Transport::flush(std::shared_ptr<Transport> self) {
  const auto mark = self->queued_;
  while (self->written_ < mark && !self->ended_) co_await self->flushed_.wait();
}

Error Transport::explain(long rc, const std::string& what) {
  char* text = nullptr;
  libssh2_session_last_error(raw_, &text, nullptr, 0);
  std::string why = text && *text ? text : "libssh2 error " + std::to_string(rc);
  if (is_refusal(rc)) return error(Code::unreachable, what + ": " + why);
  if (!farewell_.empty()) why = "the server ended the session: " + farewell_;
  auto e = error(Code::disconnected, what + ": " + why);
  close(e);
  return e;
}

}  // namespace deployctl::transport::detail
