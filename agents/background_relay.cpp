#include "agents/background_relay.hpp"

#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/use_awaitable.hpp>

#include "agents/fd_passing.hpp"
#include "agents/relay_parts.hpp"
#include "agents/session_role.hpp"
#include "core/host/background.hpp"
#include "core/io/deadline.hpp"
#include "core/io/fd_stream.hpp"

namespace deployctl::agents {
namespace {

using asio::awaitable;

constexpr Duration idle_before_end{std::chrono::minutes(10)};
constexpr Duration session_wait{std::chrono::seconds(10)};

awaitable<Result<int>> wait_readable(const io::Fd& fd) {
  DEPLOYCTL_CO_TRY(copy, io::duplicate(fd.get()));
  asio::posix::stream_descriptor waited(co_await asio::this_coro::executor, copy.release());
  co_await waited.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
  co_return 0;
}

// `giver` is closed at the end; the launcher waits for that.
awaitable<void> serve(std::shared_ptr<relay::RelayShared> shared, std::string instance, io::Fd giver) {
  const auto readable = co_await io::with_deadline(wait_readable(giver), session_wait, "a session");
  if (!readable) co_return;
  auto stdio = receive_stdio(giver.get());
  if (!stdio) co_return;
  auto stream = io::make_fd_stream(co_await asio::this_coro::executor, std::move(stdio->in), std::move(stdio->out));
  if (!stream || !acknowledge(giver.get())) co_return;
  relay::RelayService service(shared);
  auto options = session_options("relay");
  options.instance = std::move(instance);
  options.features.emplace_back(protocol::feature_desires);
  (void)co_await serve::serve_session(std::move(*stream), service, options);
}

}  // namespace

int be_background_relay(const std::string& path) {
  asio::io_context context(1);
  auto shared = make_relay_shared(context.get_executor(), true);
  if (!shared) return 2;
  const std::string instance = std::to_string(::getpid()) + "-" + std::to_string(host::Rendezvous::inode(path));
  const host::Serve serve_one = [shared = *shared, instance](io::Fd giver) {
    return serve(shared, instance, std::move(giver));
  };
  const auto busy = [shared = *shared] { return shared->catching_up->busy(); };
  const auto served = host::serve_in_background(context, path, serve_one, idle_before_end, busy);
  // Coroutines that still wait on the strand refer to the objects above, so the process exits here. Nothing on disk is
  // half written at this point.
  ::_exit(served ? 0 : 2);
}

}  // namespace deployctl::agents
