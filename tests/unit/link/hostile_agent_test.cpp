// What an agent may send that it shouldn't, over a real link: the link or the call ends with a reason, nothing hangs,
// and other users of the strand go on meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include "core/io/deadline.hpp"
#include "tests/unit/link/raw_agent.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using link::AgentLink;
using link::Call;
using link::Packer;
using ::testing::HasSubstr;

namespace {

protocol::pb::Reply done() {
  protocol::pb::Reply reply;
  reply.mutable_done();
  return reply;
}

Call survey() {
  Call call;
  call.request.mutable_survey();
  return call;
}

// Two chunks, of one byte each.
struct TwoChunks final : payload::ChunkSource {
  TwoChunks() {
    index_.lengths = {1, 1};
    index_.digests = {sha256("a"), sha256("b")};
  }
  const payload::Index& index() const override { return index_; }
  awaitable<Result<Bytes>> read(std::uint32_t) override {
    ++reads;
    co_return Bytes(1, 'a');
  }
  payload::Index index_;
  unsigned reads = 0;
};

struct Outcome {
  std::optional<Error> call, link;
  unsigned events = 0;
};

// One call to an agent that follows the script once it has been asked, and how the call and the link ended.
Outcome outcome_of(Script script, Call call = survey()) {
  const auto run = [](Script s, Call c) -> awaitable<Outcome> {
    Outcome out;
    const Script after_request = [s](std::shared_ptr<RawAgent> agent) -> awaitable<void> {
      co_await agent->say(introduction());
      co_await agent->read_request();
      co_await s(agent);
    };
    const link::LinkOptions options;
    auto opened = co_await link_to(after_request, options);
    EXPECT_TRUE(opened) << opened.error().text();
    if (!opened) co_return out;
    c.on_event = [&out](const protocol::pb::Event&) { ++out.events; };
    c.deadline = std::chrono::minutes(5);
    auto reply = co_await (*opened)->call(std::move(c));
    if (!reply) out.call = reply.error();
    if ((*opened)->closed()) out.link = (*opened)->why_closed();
    (*opened)->close();
    co_return out;
  };
  return run_without_waiting(run(std::move(script), std::move(call)));
}

Script says(Bytes bytes) {
  return [bytes](std::shared_ptr<RawAgent> agent) { return agent->say(bytes); };
}

Script says_without_end(std::function<Bytes()> next) {
  return [next](std::shared_ptr<RawAgent> agent) { return agent->say_without_end(next); };
}

// The link is closed, the call is lost, and both say what the agent did.
void expect_broken(const Outcome& outcome, const std::string& why) {
  ASSERT_TRUE(outcome.call && outcome.link) << why;
  EXPECT_EQ(outcome.call->code, Code::disconnected) << outcome.call->text();
  EXPECT_EQ(outcome.link->code, Code::invalid);
  EXPECT_THAT(outcome.call->text(), HasSubstr("relay-1: protocol error"));
  EXPECT_THAT(outcome.call->text(), HasSubstr(why));
}

// The call alone fails; what it says of the host that was asked is that nothing is known of it.
void expect_refused(const Outcome& outcome, const std::string& why) {
  ASSERT_TRUE(outcome.call) << why;
  EXPECT_FALSE(outcome.link) << outcome.link->text();
  EXPECT_EQ(outcome.call->code, Code::unreachable) << outcome.call->text();
  EXPECT_THAT(outcome.call->text(), HasSubstr(why));
}

std::function<Bytes()> packed(Bytes frames) {
  const auto packer = std::make_shared<Packer>();
  return [packer, frames] { return packer->pack(frames); };
}

}  // namespace

// ---- floods ----

TEST(HostileAgent, ARowThatIsOneFrameRepeatedEndsTheLink) {
  const auto event = frame(FrameType::event, 1, progress(1));
  const auto outcome = outcome_of(says_without_end(packed(times(10'000, event))));
  expect_broken(outcome, "a packed row holds more frames than its bytes can tell apart");
}

TEST(HostileAgent, PackedPingsEndTheLink) {
  expect_broken(outcome_of(says_without_end(packed(raw_frame(FrameType::ping, 0)))), "isn't to be packed");
}

TEST(HostileAgent, PingsWithoutEndEndTheLink) {
  const auto pings = times(4096, raw_frame(FrameType::ping, 0));
  expect_broken(outcome_of(says_without_end([pings] { return pings; })), "more pings than one in a second");
}

TEST(HostileAgent, ThePingsOfAnHourThatComeAtOnceAreNone) {
  Bytes bytes = times(720, raw_frame(FrameType::ping, 0));
  const Bytes reply = frame(FrameType::reply, 1, done());
  bytes.insert(bytes.end(), reply.begin(), reply.end());
  const auto outcome = outcome_of(says(bytes), [] {
    Call call;
    call.request.mutable_drop_grant();
    return call;
  }());
  EXPECT_FALSE(outcome.link) << outcome.link->text();
  EXPECT_FALSE(outcome.call) << outcome.call->text();
}

TEST(HostileAgent, PingsThatCarrySomethingEndTheLink) {
  expect_broken(outcome_of(says(raw_frame(FrameType::ping, 0, Bytes(1 << 20)))), "a ping that carries something");
}

TEST(HostileAgent, RowsOfNothingEndTheLink) {
  // A flush after a flush: a piece of zstd's that holds no byte.
  expect_broken(outcome_of(says(raw_frame(FrameType::packed, 0))), "packed");
}

TEST(HostileAgent, ARowThatEndsInAFrameEndsTheLink) {
  auto half = frame(FrameType::event, 1, progress(1));
  half.resize(half.size() - 1);
  expect_broken(outcome_of(says(Packer().pack(half))), "ends in the middle of a frame");
}

TEST(HostileAgent, MoreEventsThanARequestHasEndTheRequestAlone) {
  const auto events = times(10'000, frame(FrameType::event, 1, progress(1)));
  const auto outcome = outcome_of(says(events));
  expect_refused(outcome, "more events than the request 'survey' has");
  EXPECT_LT(outcome.events, 4000u);
}

TEST(HostileAgent, EventsWithoutEndEndTheLinkToo) {
  const auto events = times(4096, frame(FrameType::event, 1, progress(1)));
  const auto run = [](Bytes flood) -> awaitable<std::string> {
    const Script script = [flood](std::shared_ptr<RawAgent> agent) -> awaitable<void> {
      co_await agent->say(introduction());
      co_await agent->read_request();
      const std::function<Bytes()> again = [flood] { return flood; };
      co_await agent->say_without_end(again);
    };
    const auto executor = co_await asio::this_coro::executor;
    const link::LinkOptions options;
    auto opened = co_await link_to(script, options);
    auto call = survey();
    (void)co_await (*opened)->call(std::move(call));
    while (!(*opened)->closed()) co_await asio::post(executor, asio::use_awaitable);
    co_return (*opened)->why_closed().text();
  };
  EXPECT_THAT(run_without_waiting(run(events)), HasSubstr("goes on with requests that were given up"));
}

TEST(HostileAgent, LargeEventsAreBoundedByTheirBytes) {
  protocol::pb::Event event;
  event.mutable_step()->set_output(std::string(1'000'000, 'x'));
  const auto outcome = outcome_of(says(times(40, frame(FrameType::event, 1, event))));
  expect_refused(outcome, "more events than the request 'survey' has");
  EXPECT_LT(outcome.events, 30u);
}

TEST(HostileAgent, AFloodLeavesTheStrandToOthers) {
  constexpr unsigned all = 1800;  // within the rules, so that they are handled rather than refused
  const auto run = []() -> awaitable<std::pair<unsigned, unsigned>> {
    const auto executor = co_await asio::this_coro::executor;
    Packer packer;
    Bytes rows;  // of 60 events each, and less than one read together
    for (unsigned i = 0; i < all / 60; ++i)
      rows = rows + packer.pack(times(60, frame(FrameType::event, 1, progress(1))));
    const Script script = [rows](std::shared_ptr<RawAgent> agent) -> awaitable<void> {
      co_await agent->say(introduction());
      co_await agent->read_request();
      co_await agent->say(rows);
    };
    const link::LinkOptions options;
    auto opened = co_await link_to(script, options);
    unsigned events = 0, turns = 0;
    // Another coroutine on the strand, which ends the call when all events were seen.
    const auto other = [&](std::shared_ptr<AgentLink> l) -> awaitable<void> {
      while (events < all && !l->closed()) {
        turns += events > 0 ? 1 : 0;
        co_await asio::post(executor, asio::use_awaitable);
      }
      l->close();
    };
    asio::co_spawn(executor, other(*opened), asio::detached);
    auto call = survey();
    call.on_event = [&](const protocol::pb::Event&) { ++events; };
    (void)co_await (*opened)->call(std::move(call));
    co_return std::pair(events, turns);
  };
  const auto [events, turns] = run_without_waiting(run());
  EXPECT_EQ(events, all);
  EXPECT_GE(turns, 4u);
}

// ---- silence ----

// A byte of it each second, of a megabyte.
TEST(HostileAgent, AFrameThatTricklesInIsNoSignOfLife) {
  const Script trickle = [](std::shared_ptr<RawAgent> agent) -> awaitable<void> {
    Bytes head = raw_frame(FrameType::reply, 1, Bytes(1 << 20));
    head.resize(protocol::header_size);
    co_await agent->say(head);
    while (agent->open()) {
      co_await io::sleep_for(std::chrono::seconds(1));
      co_await agent->say(Bytes(1, 'x'));
    }
  };
  const auto outcome = outcome_of(trickle);
  ASSERT_TRUE(outcome.call);
  EXPECT_EQ(outcome.call->code, Code::disconnected);
  EXPECT_THAT(outcome.call->text(), HasSubstr("a frame did not arrive whole within 20.0 s"));
}

TEST(HostileAgent, ALargeFrameOverAThinLinkArrives) {
  protocol::pb::Reply reply;
  reply.mutable_surveyed()->set_other_service(std::string(500'000, 'x'));
  const auto bytes = frame(FrameType::reply, 1, reply);
  const Script slowly = [bytes](std::shared_ptr<RawAgent> agent) -> awaitable<void> {
    for (std::size_t at = 0; at < bytes.size(); at += 5000) {
      co_await io::sleep_for(std::chrono::seconds(2));
      const auto end = std::min(bytes.size(), at + 5000);
      co_await agent->say(
          Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(end)));
    }
  };
  const auto outcome = outcome_of(slowly);
  EXPECT_FALSE(outcome.call) << outcome.call->text();
}

TEST(HostileAgent, SilenceIsTheEndAfterTwentySeconds) {
  const auto outcome = outcome_of(says({}));
  ASSERT_TRUE(outcome.call);
  EXPECT_THAT(outcome.call->text(), HasSubstr("nothing heard for 20.0 s"));
}

// One that hung while its login was kept is found out sooner; once it answers it has the usual time.
TEST(HostileAgent, AKeptLoginThatDoesNotAnswerIsGivenUpSooner) {
  const auto run = [](bool answers) -> awaitable<std::string> {
    const Script script = [answers](std::shared_ptr<RawAgent> agent) -> awaitable<void> {
      co_await agent->say(introduction());
      co_await agent->read_request();
      const Bytes answer = frame(FrameType::event, 1, progress(1));
      if (answers) co_await agent->say(answer);
    };
    link::LinkOptions options;
    options.login.kept = true;
    auto opened = co_await link_to(script, options);
    auto call = survey();
    const auto reply = co_await (*opened)->call(std::move(call));
    EXPECT_TRUE((*opened)->fell_silent());
    co_return reply.error().text();
  };
  EXPECT_THAT(run_without_waiting(run(false)), HasSubstr("nothing heard for 10.0 s"));
  EXPECT_THAT(run_without_waiting(run(true)), HasSubstr("nothing heard for 20.0 s"));
}

// ---- frames that no agent has to send ----

TEST(HostileAgent, FramesOfStreamsThatWereNeverOpenedEndTheLink) {
  for (const std::uint32_t stream : {2u, 3u, 99'999u})
    for (const auto type : {FrameType::event, FrameType::reply, FrameType::abort, FrameType::want})
      expect_broken(outcome_of(says(raw_frame(type, stream))), "which is not open");
  expect_broken(outcome_of(says(raw_frame(FrameType::event, 0))), "which is not open");
}

TEST(HostileAgent, WhatOnlyACallerSendsEndsTheLink) {
  expect_broken(outcome_of(says(raw_frame(FrameType::chunk, 1, Bytes(1, 'x')))), "the caller's alone");
  expect_broken(outcome_of(says(raw_frame(FrameType::request, 1))), "the caller's alone");
}

TEST(HostileAgent, ASecondHelloEndsTheLink) { expect_broken(outcome_of(says(hello())), "a second hello"); }

TEST(HostileAgent, AnUnknownTypeALengthBeyondTheCapAndPaddingEndTheLink) {
  Bytes unknown = raw_frame(FrameType::ping, 0), padded = unknown, large = unknown;
  unknown[4] = 77;
  padded[6] = 1;
  large[0] = 0x7f;
  expect_broken(outcome_of(says(unknown)), "type 77 is unknown");
  expect_broken(outcome_of(says(padded)), "padding is not zero");
  expect_broken(outcome_of(says(large)), "the cap is 1048576");
}

TEST(HostileAgent, WhatDoesNotParseEndsTheLink) {
  for (const auto type : {FrameType::event, FrameType::reply, FrameType::abort})
    expect_broken(outcome_of(says(raw_frame(type, 1, Bytes(3, 0xff)))), "does not parse");
}

TEST(HostileAgent, AnsweringTwiceEndsTheLink) {
  protocol::pb::Reply reply;
  reply.mutable_surveyed();
  const auto run = [](Bytes twice) -> awaitable<std::pair<bool, std::string>> {
    const Script script = [twice](std::shared_ptr<RawAgent> agent) -> awaitable<void> {
      co_await agent->say(introduction());
      co_await agent->read_request();
      co_await agent->say(twice);
    };
    const link::LinkOptions options;
    auto opened = co_await link_to(script, options);
    auto one = survey(), another = survey();
    const auto first = co_await (*opened)->call(std::move(one));
    auto next = co_await (*opened)->call(std::move(another));
    co_return std::pair(first.has_value(), next ? "" : next.error().text());
  };
  const auto [first, second] = run_without_waiting(run(times(2, frame(FrameType::reply, 1, reply))));
  EXPECT_TRUE(first);
  EXPECT_THAT(second, HasSubstr("answers on stream 1, which is not open"));
}

// ---- answers that don't belong to what was asked ----

TEST(HostileAgent, AnAnswerOfAnotherKindIsNone) {
  protocol::pb::Reply pruned;
  pruned.mutable_pruned()->add_folders("x");
  expect_refused(outcome_of(says(frame(FrameType::reply, 1, pruned))), "a survey was answered with pruned");
  expect_refused(outcome_of(says(frame(FrameType::reply, 1, done()))), "a survey was answered with done");
  expect_refused(outcome_of(says(raw_frame(FrameType::reply, 1))), "a survey was answered with nothing");
}

TEST(HostileAgent, AnAnswerWithMoreThanAHostCanHaveIsNone) {
  protocol::pb::Reply reply;
  for (int i = 0; i < 100'000; ++i) reply.mutable_surveyed()->add_kept();
  expect_refused(outcome_of(says(frame(FrameType::reply, 1, reply))), "more entries than a host can have");
}

TEST(HostileAgent, ATargetThatNothingAskedForIsNotAttached) {
  protocol::pb::Event event;
  event.mutable_attached()->set_target(5);
  const auto attached = frame(FrameType::event, 1, event);
  expect_refused(outcome_of(says(attached)), "a target was attached that nothing asked for");
  auto riding = survey();
  riding.request.mutable_attach_first()->set_host("t1");
  const auto outcome = outcome_of(says(times(2, attached)), std::move(riding));
  expect_refused(outcome, "a target was attached that nothing asked for");
  EXPECT_EQ(outcome.events, 1u);
}

// ---- what it may pull ----

TEST(HostileAgent, ChunksThatWereNeverOfferedEndTheLink) {
  protocol::pb::Want want;
  auto& range = *want.add_ranges();
  range.set_count(1);
  expect_broken(outcome_of(says(frame(FrameType::want, 1, want))), "a stream that has none");
}

TEST(HostileAgent, TheSameChunksAgainAndAgainEndTheLink) {
  protocol::pb::Want want;
  want.add_ranges()->set_count(2);
  Call carry;
  carry.request.mutable_carry();
  const auto chunks = std::make_shared<TwoChunks>();
  carry.chunks = chunks;
  const auto outcome = outcome_of(says(times(10'000, frame(FrameType::want, 1, want))), std::move(carry));
  expect_broken(outcome, "the same chunks again and again");
  EXPECT_LT(chunks->reads, 100u);
}

// ---- before the first request ----

namespace {

Error opening(Bytes first) {
  const auto run = [](Bytes bytes) -> awaitable<Error> {
    link::LinkOptions options;
    options.hello_timeout = std::chrono::minutes(2);
    const Script script = says(bytes);
    auto opened = co_await link_to(script, options);
    co_return opened ? error(Code::internal, "it opened") : opened.error();
  };
  return run_without_waiting(run(std::move(first)));
}

Bytes magic() { return as_bytes_copy(protocol::magic); }

}  // namespace

TEST(HostileAgent, NoiseWithoutEndIsNoAgent) {
  const auto why = opening(Bytes(200'000, 'A'));
  EXPECT_EQ(why.code, Code::unreachable);
  EXPECT_THAT(why.text(), HasSubstr("no agent answered; it said: AAAA"));
}

TEST(HostileAgent, ALongHelloIsNone) {
  const auto why = opening(magic() + hello(400'000));
  EXPECT_EQ(why.code, Code::unreachable);
  EXPECT_THAT(why.text(), HasSubstr("the agent's hello has"));
}

TEST(HostileAgent, GarbageAfterTheMagicIsNoAgent) {
  const auto why = opening(magic() + Bytes(64, 0xff));
  EXPECT_EQ(why.code, Code::unreachable);
  EXPECT_THAT(why.text(), HasSubstr("protocol error: the bytes are no frame"));
}

// A login that prints a word now and then, or nothing, is given up when a login's time is over.
TEST(HostileAgent, ALoginThatNeverRunsTheAgentIsGivenUp) {
  const auto why = opening(as_bytes_copy("Enter your new password: "));
  EXPECT_EQ(why.code, Code::unreachable);
  EXPECT_THAT(why.text(), HasSubstr("did not run the agent within 20.0 s; it said: Enter your new password"));
  EXPECT_THAT(why.hint, HasSubstr("change the account's password"));
}

TEST(HostileAgent, AHostWithoutAMachineTypeIsGivenUp) {
  const auto wants = as_bytes_copy(protocol::missing_magic);
  EXPECT_THAT(opening(wants).text(), HasSubstr("did not run the agent within 20.0 s"));
  EXPECT_THAT(opening(wants + as_bytes_copy("\x1b[31mevil\n")).text(),
              HasSubstr("the host did not name its machine type"));
  EXPECT_THAT(opening(wants + Bytes(300, 'm')).text(), HasSubstr("the host did not name its machine type"));
}
