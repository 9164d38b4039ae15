#include "core/remote/cached_link.hpp"

#include "core/host/background.hpp"
#include "core/io/deadline.hpp"
#include "core/io/fd_stream.hpp"
#include "core/remote/cached_link_request.hpp"

namespace deployctl::remote {
namespace {

using asio::awaitable;
using Opened = std::shared_ptr<link::AgentLink>;

constexpr int tries = 40;
constexpr Duration between_tries{50};
constexpr Duration for_the_keeper{std::chrono::seconds(10)};

// Retries, because another process may be starting the cache, or the cache may be about to exit.
awaitable<Result<io::Fd>> connect(std::shared_ptr<KeeperPlace> place) {
  for (int i = 1;; ++i) {
    auto socket = host::connect_background(place->at, place->argv);
    if (socket || socket.error().code != Code::locked || i == tries) co_return socket;
    co_await io::sleep_for(between_tries);
  }
}

// The reply of the connection cache to a request that it accepted. `refused`: its error, if it could not open the
// agent.
struct Answer {
  std::optional<Error> refused;
  link::LoginTimes login{};
};

Result<Answer> read_answer(const protocol::Frame& frame) {
  Answer answer;
  if (frame.type == protocol::FrameType::abort) {
    DEPLOYCTL_TRY(abort, protocol::from_frame<protocol::pb::Abort>(frame));
    answer.refused = protocol::to_error(abort);
    return answer;
  }
  DEPLOYCTL_TRY(kept, protocol::from_frame<protocol::pb::Kept>(frame));
  answer.login.took = Duration(static_cast<std::int64_t>(kept.login_ms()));
  answer.login.kept = true;
  answer.login.round_trip = Duration(static_cast<std::int64_t>(kept.round_trip_ms()));
  return answer;
}

struct Stream {
  std::unique_ptr<io::ByteStream> bytes;
  Answer answer;
};

awaitable<Result<Stream>> ask(asio::any_io_executor executor, protocol::pb::Keep keep,
                              std::shared_ptr<KeeperPlace> place) {
  DEPLOYCTL_CO_TRY(socket, co_await connect(place));
  DEPLOYCTL_CO_TRY(bytes, io::make_socket_stream(executor, std::move(socket)));
  DEPLOYCTL_CO_TRY(request, protocol::to_frame(protocol::FrameType::request, 0, keep));
  const Bytes encoded = protocol::encode(request);
  DEPLOYCTL_CO_CHECK(co_await bytes->write(encoded));
  DEPLOYCTL_CO_TRY(frame, co_await detail::read_frame(*bytes));
  DEPLOYCTL_CO_TRY(answer, read_answer(frame));
  Stream stream{std::move(bytes), std::move(answer)};
  co_return stream;
}

// The cache has part of the environment of the process that started it. A login from here may still succeed with this
// process's ssh-agent or jump host.
bool may_go_otherwise(const Error& error, const transport::DialOptions& dial) {
  if (error.code == Code::authentication) return true;
  return !dial.endpoint.ssh_config.empty() && (error.code == Code::unreachable || error.code == Code::disconnected);
}

}  // namespace

awaitable<Result<Opened>> open_kept(asio::any_io_executor executor, transport::DialOptions dial, AgentOptions options,
                                    std::shared_ptr<KeeperPlace> place) {
  const Duration most = dial.timeout + for_the_keeper;  // a cache that is silent for longer is stuck
  auto asked = co_await io::with_deadline(ask(executor, detail::to_message(dial, options), place), most,
                                          "opening the agent on " + dial.endpoint.name());
  if (!asked) co_return co_await open_agent(std::move(executor), std::move(dial), std::move(options));
  if (asked->answer.refused && may_go_otherwise(*asked->answer.refused, dial))
    co_return co_await open_agent(std::move(executor), std::move(dial), std::move(options));
  if (asked->answer.refused) co_return fail(*asked->answer.refused);
  co_return co_await link_agent(std::move(asked->bytes), dial.endpoint.name(), asked->answer.login, std::move(options));
}

}  // namespace deployctl::remote
