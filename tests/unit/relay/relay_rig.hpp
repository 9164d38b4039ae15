// A relay between a caller and stand-ins for targets, on one strand: a real session on both hops, over socket pairs.
// A stand-in keeps what it was asked, and does as its fields say.
#pragma once

#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>
#include <map>

#include "agents/relay/relay_service.hpp"
#include "agents/serve/session.hpp"
#include "core/io/notifier.hpp"
#include "core/io/stream_pair.hpp"
#include "core/link/payload_index.hpp"
#include "tests/support/run_async.hpp"
#include "tests/support/temp_dir.hpp"

namespace deployctl::testing {

using asio::awaitable;

// Chunks in memory; counts how often each was read.
struct Chunks final : payload::ChunkSource {
  explicit Chunks(std::uint32_t count, std::size_t length = 20'000) {
    for (std::uint32_t i = 0; i < count; ++i) {
      bytes.push_back(Bytes(length + i, static_cast<std::uint8_t>(i * 7)));
      index_.lengths.push_back(static_cast<std::uint32_t>(bytes.back().size()));
      index_.digests.push_back(sha256(bytes.back()));
    }
    reads.resize(count);
  }
  const payload::Index& index() const override { return index_; }
  awaitable<Result<Bytes>> read(std::uint32_t number) override {
    if (number >= fails_from) co_return fail(Code::cancelled, "the source was cut");
    ++reads[number];
    co_return bytes[number];
  }
  unsigned read_in_all() const {
    unsigned all = 0;
    for (const auto n : reads) all += n;
    return all;
  }
  Bytes all() const {
    Bytes whole;
    for (const auto& b : bytes) whole.insert(whole.end(), b.begin(), b.end());
    return whole;
  }
  payload::Index index_;
  std::vector<Bytes> bytes;
  std::vector<unsigned> reads;
  std::uint32_t fails_from = ~0U;
};

// Gives chunks only as far as it may.
struct Rationed final : payload::ChunkSource {
  Rationed(const asio::any_io_executor& e, std::shared_ptr<Chunks> c, std::uint32_t ration)
      : chunks(std::move(c)), changed(e), left(ration) {}
  const payload::Index& index() const override { return chunks->index(); }
  awaitable<Result<Bytes>> read(std::uint32_t number) override {
    while (left == 0) co_await changed.wait();
    --left;
    ++given;
    changed.notify_all();
    co_return co_await chunks->read(number);
  }
  std::shared_ptr<Chunks> chunks;
  io::Notifier changed;
  std::uint32_t left, given = 0;
};

// Shared by whoever reads the stream and a test that pulls the plug.
class Cable final : public io::ByteStream {
 public:
  explicit Cable(std::shared_ptr<io::ByteStream> inner) : inner_(std::move(inner)) {}
  asio::any_io_executor executor() override { return inner_->executor(); }
  awaitable<Result<std::size_t>> read_some(std::span<std::uint8_t> into) override { return inner_->read_some(into); }
  awaitable<Status> write(BytesView data) override { return inner_->write(data); }
  awaitable<Status> close_write() override { return inner_->close_write(); }
  void close() override { inner_->close(); }

 private:
  std::shared_ptr<io::ByteStream> inner_;
};

struct StandIn final : serve::Service {
  explicit StandIn(const asio::any_io_executor& executor) : changed(executor) {}

  awaitable<Result<protocol::pb::Reply>> serve(protocol::pb::Request request, serve::Exchange& exchange) override {
    numbers.push_back(request.target());
    protocol::pb::Reply reply;
    if (request.has_stage()) {
      DEPLOYCTL_CO_CHECK(co_await pull_all(link::to_index(request.stage().index()).value(), exchange));
      reply.mutable_staged()->set_received(received.size());
    } else if (request.has_activate()) {
      ++activations;
      changed.notify_all();
      co_await exchange.cancelled().wait();
      ++cancelled;
      changed.notify_all();
      co_return fail(Code::cancelled, "given up");
    } else if (request.has_check()) {
      auto bad = with_hint(error(Code::hook_failed, "stop exited with 3"), "see the log");
      co_return fail(with_context(std::move(bad), "hook stop"));
    } else {
      for (int i = 0; i < 3; ++i) {
        protocol::pb::Event event;
        event.mutable_step()->set_name(std::to_string(i));
        DEPLOYCTL_CO_CHECK(co_await exchange.emit(event));
      }
      reply.mutable_surveyed()->set_other_service(request.survey().place().service());
    }
    co_return reply;
  }
  awaitable<void> ended() override {
    ++ends;
    co_return;
  }

  awaitable<Status> pull_all(payload::Index index, serve::Exchange& exchange) {
    std::function<awaitable<Status>(std::uint32_t, Bytes)> sink = [this](std::uint32_t, Bytes b) {
      return keep(std::move(b));
    };
    co_return co_await serve::pull(exchange, index, 3, sink);
  }
  awaitable<Status> keep(Bytes bytes) {
    ++chunks;
    changed.notify_all();
    if (chunks == cut_after && cable) cable->close();
    while (chunks > may_take) co_await changed.wait();
    received.insert(received.end(), bytes.begin(), bytes.end());
    co_return Status{};
  }
  void let_go() {
    may_take = ~0U;
    changed.notify_all();
  }

  io::Notifier changed;
  std::vector<std::uint32_t> numbers;  // Request.target as it came here
  Bytes received;
  unsigned chunks = 0, activations = 0, cancelled = 0, ends = 0;
  unsigned cut_after = 0, may_take = ~0U;  // a target that dies, a target that is slow
  std::shared_ptr<io::ByteStream> cable;   // of the last login
};

inline awaitable<void> serve_on(std::unique_ptr<io::ByteStream> stream, serve::Service& service, std::string role) {
  serve::SessionOptions options;
  options.role = std::move(role);
  options.program = "test";
  if (options.role == "relay") options.features = {protocol::feature_attach_first};
  (void)co_await serve::serve_session(std::move(stream), service, options);
}

inline relay::RelayOptions relay_options(std::string cache_folder, relay::CacheLimits limits) {
  relay::RelayOptions options;
  options.cache_folder = std::move(cache_folder);
  options.cache = limits;
  options.feeding = {2, 1, 1 << 20, Duration(20)};
  return options;
}

struct Rig {
  Rig(asio::any_io_executor e, std::string cache_folder, relay::CacheLimits limits = {})
      : executor(std::move(e)),
        dialled(executor),
        relay(std::make_shared<relay::RelayShared>(executor, dialer(), relay_options(std::move(cache_folder), limits)),
              relay::RelayService::Callers::one) {}

  StandIn& target(const std::string& host) {
    auto& at = targets[host];
    if (!at) at = std::make_unique<StandIn>(executor);
    return *at;
  }

  relay::Dialer dialer() {
    return [this](protocol::pb::Attach request) { return dial(std::move(request)); };
  }
  awaitable<Result<std::shared_ptr<link::AgentLink>>> dial(protocol::pb::Attach request) {
    ++dials;
    dialled.notify_all();
    while (hold_dials) co_await dialled.wait();
    if (refuse_dials)
      co_return fail(with_context(error(Code::authentication, "the key is not accepted"), request.host()));
    if (!targets.contains(request.host()))
      co_return fail(with_context(error(Code::unreachable, "connection refused"), request.host()));
    auto& stand_in = target(request.host());
    auto pair = io::make_stream_pair(executor);
    stand_in.cable = std::move(pair->second);
    auto cable = std::make_unique<Cable>(stand_in.cable);
    asio::co_spawn(executor, serve_on(std::move(cable), stand_in, "target"), asio::detached);
    link::LinkOptions options;
    options.name = request.host();
    options.program = "relay";
    co_return co_await link::AgentLink::open(std::move(pair->first), std::move(options));
  }

  // A caller's session with the relay.
  awaitable<std::shared_ptr<link::AgentLink>> call_relay() {
    auto pair = io::make_stream_pair(executor);
    asio::co_spawn(executor, serve_on(std::move(pair->second), relay, "relay"), asio::detached);
    link::LinkOptions options;
    options.name = "relay";
    auto link = co_await link::AgentLink::open(std::move(pair->first), std::move(options));
    co_return link.value();
  }

  asio::any_io_executor executor;
  io::Notifier dialled;
  std::map<std::string, std::unique_ptr<StandIn>> targets;
  unsigned dials = 0;
  bool hold_dials = false, refuse_dials = false;
  relay::RelayService relay;
};

inline protocol::pb::Request attach_to(const std::string& host) {
  protocol::pb::Request request;
  request.mutable_attach()->set_host(host);
  request.mutable_attach()->set_port(22);
  return request;
}

inline awaitable<Result<protocol::pb::Reply>> ask(std::shared_ptr<link::AgentLink> link, protocol::pb::Request request,
                                                  std::shared_ptr<payload::ChunkSource> chunks = {}) {
  link::Call call;
  call.request = std::move(request);
  call.chunks = std::move(chunks);
  co_return co_await link->call(std::move(call));
}

// 0 when it can't be.
inline awaitable<std::uint32_t> attach(std::shared_ptr<link::AgentLink> link, std::string host) {
  auto reply = co_await ask(link, attach_to(host));
  EXPECT_TRUE(reply) << (reply ? "" : reply.error().text());
  co_return reply ? reply->attached().target() : 0;
}

inline protocol::pb::Request survey_of(std::uint32_t target) {
  protocol::pb::Request request;
  request.set_target(target);
  request.mutable_survey()->mutable_place()->set_service("redis");
  return request;
}
inline protocol::pb::Request stage_on(std::uint32_t target, const payload::Index& index) {
  protocol::pb::Request request;
  request.set_target(target);
  *request.mutable_stage()->mutable_index() = link::to_message(index);
  return request;
}
inline protocol::pb::Request carry_of(const payload::Index& index) {
  protocol::pb::Request request;
  *request.mutable_carry()->mutable_index() = link::to_message(index);
  return request;
}

// A request whose end is looked at later.
struct Pending {
  explicit Pending(const asio::any_io_executor& executor) : changed(executor) {}
  io::Notifier changed;
  std::optional<Result<protocol::pb::Reply>> result;
};
inline awaitable<void> run_pending(std::shared_ptr<Pending> pending, std::shared_ptr<link::AgentLink> link,
                                   protocol::pb::Request request, std::shared_ptr<payload::ChunkSource> chunks) {
  pending->result.emplace(co_await ask(link, std::move(request), std::move(chunks)));
  pending->changed.notify_all();
}
inline std::shared_ptr<Pending> start(std::shared_ptr<link::AgentLink> link, const asio::any_io_executor& executor,
                                      protocol::pb::Request request,
                                      std::shared_ptr<payload::ChunkSource> chunks = {}) {
  auto pending = std::make_shared<Pending>(executor);
  asio::co_spawn(executor, run_pending(pending, link, std::move(request), std::move(chunks)), asio::detached);
  return pending;
}
inline awaitable<Result<protocol::pb::Reply>> end_of(std::shared_ptr<Pending> pending) {
  while (!pending->result) co_await pending->changed.wait();
  co_return *pending->result;
}

// Runs a test's coroutine with a rig made on its context, until all that it started is over.
template <class R, class... Args>
void run_with(const std::function<awaitable<void>(R&)>& test, Args&&... args) {
  asio::io_context context(1);
  auto rig = std::make_unique<R>(context.get_executor(), std::forward<Args>(args)...);
  std::exception_ptr failure = std::make_exception_ptr(std::logic_error("the test's coroutine never ended"));
  asio::co_spawn(context, test(*rig), [&](std::exception_ptr thrown) { failure = thrown; });
  context.run();
  rig.reset();  // its streams die before their context
  if (failure) std::rethrow_exception(failure);
}

// On a scratch cache.
inline void with_rig(std::function<awaitable<void>(Rig&)> test, const std::string& cache_folder,
                     relay::CacheLimits limits = {}) {
  run_with<Rig>(test, cache_folder, limits);
}
inline void with_rig(std::function<awaitable<void>(Rig&)> test) {
  TempDir dir;
  with_rig(std::move(test), dir / "chunks");
}

}  // namespace deployctl::testing
