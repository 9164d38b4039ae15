// What a caller may send that it shouldn't, to a real session: it ends, and its service with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>

#include "agents/serve/session.hpp"
#include "core/io/stream_pair.hpp"
#include "tests/support/run_async.hpp"

using namespace deployctl;
using asio::awaitable;
using deployctl::testing::run_async;
using protocol::Frame;
using protocol::FrameType;
using ::testing::HasSubstr;

namespace {

// Answers surveys at once; other requests wait until they are given up.
struct Patient final : serve::Service {
  awaitable<Result<protocol::pb::Reply>> serve(protocol::pb::Request request, serve::Exchange& exchange) override {
    protocol::pb::Reply reply;
    reply.mutable_surveyed();
    if (request.has_survey()) co_return reply;
    co_await exchange.cancelled().wait();
    co_return fail(Code::cancelled, "given up");
  }
  awaitable<void> ended() override { co_return; }
};

Bytes raw_frame(FrameType type, std::uint32_t stream, Bytes payload = {}) {
  return protocol::encode(Frame{type, stream, 0, std::move(payload)});
}

Bytes hello() {
  protocol::pb::Hello hello;
  hello.set_version(protocol::protocol_version);
  return protocol::encode(*protocol::to_frame(FrameType::hello, 0, hello));
}

Bytes survey(std::uint32_t stream) {
  protocol::pb::Request request;
  request.mutable_survey();
  return protocol::encode(*protocol::to_frame(FrameType::request, stream, request));
}

Bytes large_request(std::uint32_t stream) {
  protocol::pb::Request request;
  request.mutable_stage()->set_release_json(std::string(1'000'000, 'x'));
  return protocol::encode(*protocol::to_frame(FrameType::request, stream, request));
}

awaitable<void> drain(std::shared_ptr<io::ByteStream> stream) {
  Bytes part(4096);
  for (;;) {
    const auto n = co_await stream->read_some(part);
    if (!n || *n == 0) break;
  }
}

// How the session ended with a caller that sends this, piece by piece, and then says nothing more.
std::string session_with(std::vector<Bytes> pieces) {
  const auto run = [](std::vector<Bytes> sent) -> awaitable<std::string> {
    const auto executor = co_await asio::this_coro::executor;
    auto pair = io::make_stream_pair(executor);
    const std::shared_ptr<io::ByteStream> caller = std::move(pair->first);
    asio::co_spawn(executor, drain(caller), asio::detached);
    const auto write = [](std::shared_ptr<io::ByteStream> to, std::vector<Bytes> all) -> awaitable<void> {
      for (const auto& piece : all) {
        const auto written = co_await to->write(piece);
        if (!written) co_return;
      }
      (void)co_await to->close_write();
    };
    asio::co_spawn(executor, write(caller, std::move(sent)), asio::detached);
    Patient service;
    serve::SessionOptions options;
    options.role = "target";
    const auto ended = co_await serve::serve_session(std::move(pair->second), service, options);
    caller->close();
    co_return ended ? "" : ended.error().text();
  };
  return run_async(run(std::move(pieces)));
}

}  // namespace

TEST(HostileCaller, ASecondHelloEndsTheSession) {
  EXPECT_THAT(session_with({hello(), hello()}), HasSubstr("a second hello"));
}

TEST(HostileCaller, ALongHelloEndsTheSession) {
  EXPECT_THAT(session_with({raw_frame(FrameType::hello, 0, Bytes(20'000))}), HasSubstr("hello is longer than"));
}

TEST(HostileCaller, FramesOfStreamsThatAreNotOpenEndTheSession) {
  for (const auto type : {FrameType::chunk, FrameType::abort, FrameType::reply, FrameType::event, FrameType::want})
    EXPECT_THAT(session_with({hello(), raw_frame(type, 5)}), HasSubstr("a stream that is not open"));
}

// It may have sent an abort, and chunks that were asked for, before it saw that a request was over; no more.
TEST(HostileCaller, FramesForRequestsThatAreOverAreCounted) {
  EXPECT_EQ(session_with({hello(), survey(1), raw_frame(FrameType::abort, 1)}), "");
  const Bytes aborts = raw_frame(FrameType::abort, 1);
  EXPECT_THAT(session_with({hello(), survey(1), aborts, aborts, aborts, aborts}),
              HasSubstr("a stream that is not open"));
}

TEST(HostileCaller, OpenRequestsAreBoundedByTheirBytes) {
  std::vector<Bytes> pieces{hello()};
  for (std::uint32_t i = 0; i < 80; ++i) pieces.push_back(large_request(2 * i + 1));
  EXPECT_THAT(session_with(std::move(pieces)), HasSubstr("too many requests open"));
}
