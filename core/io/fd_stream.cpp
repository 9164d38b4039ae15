#include "core/io/fd_stream.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <asio/buffer.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <csignal>
#include <mutex>

namespace deployctl::io {
namespace {

using Descriptor = asio::posix::stream_descriptor;

void ignore_sigpipe() {
  static std::once_flag once;
  std::call_once(once, [] { std::signal(SIGPIPE, SIG_IGN); });
}

// Shared with coroutines: a call that is pending when the stream is destroyed can still use its descriptors.
struct Ends {
  Ends(const asio::any_io_executor& executor, bool one) : in(executor), out(executor), is_socket(one) {}
  Descriptor in;
  Descriptor out;
  bool is_socket;
  bool closed = false;
};

Error stream_error(const Ends& ends, const asio::error_code& ec, const char* what) {
  if (ends.closed || ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor)
    return error(Code::cancelled, std::string(what) + ": the connection was closed on this side");
  return os_error(ec.value(), what);
}

asio::awaitable<Result<std::size_t>> read_from(std::shared_ptr<Ends> ends, std::span<std::uint8_t> into) {
  if (ends->closed) co_return fail(Code::cancelled, "read: the connection was closed on this side");
  asio::error_code ec;
  const auto buffer = asio::buffer(into.data(), into.size());
  const auto n = co_await ends->in.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, ec));
  if (ends->closed) co_return fail(Code::cancelled, "read: the connection was closed on this side");
  if (ec == asio::error::eof) co_return std::size_t{0};
  if (ec) co_return fail(stream_error(*ends, ec, "read"));
  co_return n;
}

asio::awaitable<Status> write_to(std::shared_ptr<Ends> ends, BytesView data) {
  while (!data.empty()) {
    if (ends->closed) co_return fail(Code::cancelled, "write: the connection was closed on this side");
    asio::error_code ec;
    const auto buffer = asio::buffer(data.data(), data.size());
    const auto n = co_await ends->out.async_write_some(buffer, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return fail(stream_error(*ends, ec, "write"));
    data = data.subspan(n);
  }
  co_return Status{};
}

asio::awaitable<Status> end_writing(std::shared_ptr<Ends> ends) {
  if (ends->is_socket && ends->out.is_open()) ::shutdown(ends->out.native_handle(), SHUT_WR);
  asio::error_code ec;
  ends->out.close(ec);
  co_return Status{};
}

// Of a TCP connection, rounded up to a millisecond.
Duration round_trip_of(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return Duration(0);
  return Duration((info.tcpi_rtt + 999) / 1000);
}

void acknowledge_on(int fd) {
  constexpr int on = 1;  // not permanent: the system returns to delayed acknowledgements by itself
  ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

class FdStream : public ByteStream {
 public:
  explicit FdStream(std::shared_ptr<Ends> ends) : ends_(std::move(ends)) {}
  ~FdStream() override { FdStream::close(); }
  asio::any_io_executor executor() override { return ends_->in.get_executor(); }
  awaitable<Result<std::size_t>> read_some(std::span<std::uint8_t> into) override { return read_from(ends_, into); }
  awaitable<Status> write(BytesView data) override { return write_to(ends_, data); }
  awaitable<Status> close_write() override { return end_writing(ends_); }
  Duration round_trip() const override { return round_trip_of(ends_->in.native_handle()); }
  void acknowledge() override { acknowledge_on(ends_->in.native_handle()); }
  void close() override {
    ends_->closed = true;
    asio::error_code ec;
    ends_->in.close(ec);
    ends_->out.close(ec);
  }

 private:
  std::shared_ptr<Ends> ends_;
};

Status assign(Descriptor& to, Fd& fd) {
  asio::error_code ec;
  to.assign(fd.get(), ec);
  if (ec) return fail(os_error(ec.value(), "descriptor " + std::to_string(fd.get()) + " is no pipe or socket"));
  fd.release();
  to.non_blocking(true, ec);
  return {};
}

Result<std::unique_ptr<ByteStream>> make(asio::any_io_executor executor, Fd in, Fd out, bool is_socket) {
  ignore_sigpipe();
  auto ends = std::make_shared<Ends>(executor, is_socket);
  DEPLOYCTL_CHECK(assign(ends->in, in));
  DEPLOYCTL_CHECK(assign(ends->out, out));
  return std::make_unique<FdStream>(std::move(ends));
}

}  // namespace

Result<std::unique_ptr<ByteStream>> make_fd_stream(asio::any_io_executor executor, Fd in, Fd out) {
  return make(std::move(executor), std::move(in), std::move(out), false);
}

Result<std::unique_ptr<ByteStream>> make_socket_stream(asio::any_io_executor executor, Fd socket) {
  DEPLOYCTL_TRY(copy, duplicate(socket.get()));
  return make(std::move(executor), std::move(socket), std::move(copy), true);
}

}  // namespace deployctl::io
