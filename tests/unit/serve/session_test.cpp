// Both ends of a session over a real socket pair: core/link on one side, agents/serve on the other.
#include "agents/serve/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>

#include "core/io/stream_pair.hpp"
#include "core/link/agent_link.hpp"
#include "tests/support/run_async.hpp"

using namespace deployctl;
using asio::awaitable;
using deployctl::testing::run_async;

namespace {

struct Chunks final : payload::ChunkSource {
  explicit Chunks(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      bytes.push_back(Bytes(1000 + i, static_cast<std::uint8_t>(i)));
      index_.lengths.push_back(1000 + i);
      index_.digests.push_back(sha256(bytes.back()));
    }
  }
  const payload::Index& index() const override { return index_; }
  awaitable<Result<Bytes>> read(std::uint32_t number) override {
    if (number < bytes.size()) co_return bytes[number];
    ++beyond;
    co_return fail(Code::not_found, "no such chunk");
  }
  payload::Index index_;
  unsigned beyond = 0;  // reads of chunks that there are not
  std::vector<Bytes> bytes;
};

// survey: replies after two events; carry: pulls a payload; detach: waits to be cancelled; anything else: an error.
struct Echo final : serve::Service {
  explicit Echo(payload::Index i) : index(std::move(i)) {}

  awaitable<Result<protocol::pb::Reply>> serve(protocol::pb::Request request, serve::Exchange& exchange) override {
    protocol::pb::Reply reply;
    if (request.has_survey()) {
      protocol::pb::Event event;
      for (const char* state : {"begun", "done"}) {
        event.mutable_step()->set_state(state);
        (void)co_await exchange.emit(event);
      }
      reply.mutable_surveyed()->set_other_service(request.survey().place().service());
      co_return reply;
    }
    if (request.has_carry()) {
      std::function<awaitable<Status>(std::uint32_t, Bytes)> sink = [this](std::uint32_t, Bytes b) {
        return keep(std::move(b));
      };
      auto pulled = co_await serve::pull(exchange, index, 4, sink);
      if (!pulled) co_return fail(pulled.error());
      reply.mutable_done();
      co_return reply;
    }
    if (request.has_detach()) {
      co_await exchange.cancelled().wait();
      ++cancelled;
    }
    co_return fail(with_hint(error(Code::no_space, "the disk is full"), "free some"));
  }
  awaitable<void> ended() override {
    ++ends;
    co_return;
  }
  awaitable<Status> keep(Bytes bytes) {
    received += bytes.size();
    co_return Status{};
  }

  payload::Index index;
  std::uint64_t received = 0;
  int cancelled = 0, ends = 0;
};

awaitable<void> serve_on(std::unique_ptr<io::ByteStream> stream, serve::Service& service) {
  serve::SessionOptions options;
  options.role = "target";
  options.program = "test";
  (void)co_await serve::serve_session(std::move(stream), service, options);
}

awaitable<Result<std::shared_ptr<link::AgentLink>>> connect(serve::Service& service, std::string noise = {},
                                                            bool packs = false) {
  auto executor = co_await asio::this_coro::executor;
  auto pair = io::make_stream_pair(executor);
  if (!noise.empty()) (void)co_await pair->second->write(as_bytes(noise));
  asio::co_spawn(executor, serve_on(std::move(pair->second), service), asio::detached);
  link::LinkOptions options;
  options.name = "host-a";
  options.packs = packs;
  co_return co_await link::AgentLink::open(std::move(pair->first), std::move(options));
}

link::Call survey() {
  link::Call call;
  call.request.mutable_survey()->mutable_place()->set_service("redis");
  return call;
}

awaitable<void> asks(Echo& echo) {
  auto opened = co_await connect(echo, "Welcome to host-a\nlast login: never\n");
  EXPECT_TRUE(opened);
  if (!opened) co_return;
  EXPECT_EQ((*opened)->peer().role(), "target");
  std::string states;
  link::Call call = survey();
  call.on_event = [&](const protocol::pb::Event& e) { states += e.step().state() + " "; };
  auto reply = co_await (*opened)->call(std::move(call));
  EXPECT_TRUE(reply && reply->surveyed().other_service() == "redis");
  EXPECT_EQ(states, "begun done ");
}

// What was sent for fifty surveys of a place with a long name, one after another.
awaitable<void> asks_fifty(Echo& echo, bool packs, std::uint64_t* sent) {
  auto opened = co_await connect(echo, {}, packs);
  EXPECT_TRUE(opened);
  if (!opened) co_return;
  for (int i = 0; i < 50; ++i) {
    auto call = survey();
    call.request.mutable_survey()->mutable_place()->set_deploy_to("/srv/" + std::string(200, 'x'));
    auto reply = co_await (*opened)->call(std::move(call));
    EXPECT_TRUE(reply && reply->surveyed().other_service() == "redis");
  }
  *sent = (*opened)->sent();
}

awaitable<void> fails(Echo& echo) {
  auto opened = co_await connect(echo);
  link::Call call;
  call.request.mutable_prune();
  auto reply = co_await (*opened)->call(std::move(call));
  EXPECT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::no_space);
  EXPECT_EQ(reply.error().text(), "host-a: the disk is full");
  EXPECT_EQ(reply.error().hint, "free some");
}

awaitable<void> carries(Echo& echo, std::shared_ptr<Chunks> chunks) {
  auto opened = co_await connect(echo);
  link::Call call;
  call.request.mutable_carry();
  call.chunks = chunks;
  auto reply = co_await (*opened)->call(std::move(call));
  EXPECT_TRUE(reply) << (reply ? "" : reply.error().text());
}

awaitable<void> gives_up(Echo& echo) {
  auto opened = co_await connect(echo);
  link::Call call;
  call.request.mutable_detach();
  call.deadline = Duration(20);
  auto reply = co_await (*opened)->call(std::move(call));
  EXPECT_EQ(reply.error().code, Code::timed_out);
  auto after = co_await (*opened)->call(survey());  // the link itself goes on
  EXPECT_TRUE(after);
}

// An agent that asks for what a payload doesn't have.
struct Greedy final : serve::Service {
  awaitable<Result<protocol::pb::Reply>> serve(protocol::pb::Request, serve::Exchange& exchange) override {
    (void)co_await exchange.want(first, count);
    (void)co_await exchange.next_chunk();
    co_return fail(Code::internal, "the caller went on");
  }
  awaitable<void> ended() override { co_return; }
  std::uint32_t first = 0, count = 0;
};

awaitable<void> is_asked_for_too_much(Greedy& agent, std::shared_ptr<Chunks> chunks) {
  auto opened = co_await connect(agent);
  link::Call call;
  call.request.mutable_carry();
  call.chunks = chunks;
  auto reply = co_await (*opened)->call(std::move(call));
  EXPECT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::disconnected) << reply.error().text();  // a lost agent, whatever it did
  EXPECT_EQ((*opened)->why_closed().code, Code::invalid);
}

awaitable<void> meets_no_agent() {
  auto executor = co_await asio::this_coro::executor;
  auto pair = io::make_stream_pair(executor);
  (void)co_await pair->second->write(as_bytes("sh: deploy-agent: not found\n"));
  pair->second->close();
  link::LinkOptions options;
  options.name = "host-a";
  auto opened = co_await link::AgentLink::open(std::move(pair->first), std::move(options));
  EXPECT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), ::testing::HasSubstr("deploy-agent: not found"));
}

}  // namespace

TEST(Session, PacksWhereTheCallerWantsIt) {
  Echo echo({});
  std::uint64_t plain = 0, packed = 0;
  run_async(asks_fifty(echo, false, &plain));
  run_async(asks_fifty(echo, true, &packed));
  EXPECT_LT(packed, plain / 3);
}

TEST(Session, SkipsALoginsNoiseAndAnswersWithEventsAndAReply) {
  Echo echo({});
  run_async(asks(echo));
  EXPECT_EQ(echo.ends, 1);
}

TEST(Session, AnErrorKeepsItsCodeAndHintAndNamesTheHost) {
  Echo echo({});
  run_async(fails(echo));
}

TEST(Session, APayloadIsPulledWhole) {
  const auto chunks = std::make_shared<Chunks>(50);
  Echo echo(chunks->index());
  run_async(carries(echo, chunks));
  EXPECT_EQ(echo.received, chunks->index().total());
}

TEST(Session, AWrongChunkIsRefused) {
  const auto chunks = std::make_shared<Chunks>(5);
  Echo echo(chunks->index());
  chunks->bytes[3][0] ^= 1;
  std::optional<Code> code;
  const auto run = [](Echo& e, std::shared_ptr<Chunks> c, std::optional<Code>& out) -> awaitable<void> {
    auto opened = co_await connect(e);
    link::Call call;
    call.request.mutable_carry();
    call.chunks = c;
    auto reply = co_await (*opened)->call(std::move(call));
    if (!reply) out = reply.error().code;
  };
  run_async(run(echo, chunks, code));
  EXPECT_EQ(code, Code::verification);
}

TEST(Session, AnAgentThatAsksForWhatThereIsNotIsLeft) {
  const auto chunks = std::make_shared<Chunks>(5);
  for (const auto& [first, count] : {std::pair{5u, 1u}, {0u, 6u}, {0xffffffffu, 2u}, {5u, 0u}, {0u, 0u}}) {
    Greedy agent;
    agent.first = first;
    agent.count = count;
    run_async(is_asked_for_too_much(agent, chunks));
  }
  EXPECT_EQ(chunks->beyond, 0u);
}

TEST(Session, ACallThatTimesOutIsCancelledThereAndTheLinkGoesOn) {
  Echo echo({});
  run_async(gives_up(echo));
  EXPECT_EQ(echo.cancelled, 1);
}

TEST(Session, AHostWithoutAnAgentShowsWhatItSaid) { run_async(meets_no_agent()); }
