// Surveys that ride along with the attach, over a relay that is a stand-in: what it is asked, and what becomes of those
// who give up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>

#include "agents/serve/session.hpp"
#include "core/fleet/routes/fleet_links.hpp"
#include "core/io/deadline.hpp"
#include "core/io/notifier.hpp"
#include "core/io/stream_pair.hpp"
#include "core/rollout/survey/requests.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using asio::awaitable;
using fleet::FleetLinks;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

constexpr Duration soon{std::chrono::seconds(30)};

// Its one target is number 7.
struct Relay final : serve::Service {
  explicit Relay(const asio::any_io_executor& executor) : changed(executor) {}

  awaitable<Result<protocol::pb::Reply>> serve(protocol::pb::Request request, serve::Exchange& exchange) override {
    asked.push_back(protocol::name_of(request) + std::string(request.has_attach_first() ? " with attach" : ""));
    changed.notify_all();
    protocol::pb::Attached attached;
    attached.set_target(7);
    protocol::pb::Reply reply;
    if (request.has_attach()) *reply.mutable_attached() = attached;
    if (request.has_attach_first()) {
      while (hold_login) co_await changed.wait();
      if (refuses) co_return fail(with_context(error(Code::unreachable, "connection refused"), "t1"));
      protocol::pb::Event event;
      *event.mutable_attached() = attached;
      DEPLOYCTL_CO_CHECK(co_await exchange.emit(event));
    }
    if (request.has_survey()) {
      if (hold_surveys) co_await exchange.cancelled().wait();
      given_up += exchange.cancelled().cancelled() ? 1 : 0;
      changed.notify_all();
      reply.mutable_surveyed()->set_epoch(request.target());
    }
    co_return reply;
  }
  awaitable<void> ended() override { co_return; }
  void log_in() {
    hold_login = false;
    changed.notify_all();
  }

  io::Notifier changed;
  std::vector<std::string> asked;
  bool hold_login = false, hold_surveys = false, refuses = false;
  unsigned given_up = 0;
};

awaitable<void> serve_on(std::unique_ptr<io::ByteStream> stream, serve::Service& service, bool knows) {
  serve::SessionOptions options;
  options.role = "relay";
  if (knows) options.features = {protocol::feature_attach_first};
  (void)co_await serve::serve_session(std::move(stream), service, options);
}

awaitable<Result<std::shared_ptr<link::AgentLink>>> open_relay(asio::any_io_executor executor, Relay& relay,
                                                               bool knows) {
  auto pair = io::make_stream_pair(executor);
  asio::co_spawn(executor, serve_on(std::move(pair->second), relay, knows), asio::detached);
  link::LinkOptions options;
  options.name = "10.0.0.1";
  co_return co_await link::AgentLink::open(std::move(pair->first), std::move(options));
}

using Test = std::function<awaitable<void>(Relay&, FleetLinks&)>;

awaitable<void> run_test(Test test, Relay& relay, FleetLinks& links) {
  co_await test(relay, links);
  links.close();
}

// On a context of its own, until all that it started is over.
void run(Test test, bool knows = true) {
  const TempDir dir;
  asio::io_context context(1);
  const auto relay = std::make_unique<Relay>(context.get_executor());
  model::Fleet fleet;
  fleet.regions.resize(1);
  fleet.regions[0].relays.push_back({"10.0.0.1", 22, "u", "key", {}});
  model::Target target;
  target.endpoint = {"t1", 22, "u", "key", {}};
  fleet.regions[0].targets.push_back(target);
  fleet::FleetLinksOptions options{dir.write("known_hosts", ""), {}};
  options.open_agent = [&relay, knows](asio::any_io_executor e, transport::DialOptions, remote::AgentOptions) {
    return open_relay(e, *relay, knows);
  };
  auto links = std::make_unique<FleetLinks>(context.get_executor(), fleet, options);
  std::exception_ptr failure = std::make_exception_ptr(std::logic_error("the test's coroutine never ended"));
  asio::co_spawn(context, run_test(std::move(test), *relay, *links),
                 [&](std::exception_ptr thrown) { failure = thrown; });
  context.run();
  links.reset();  // before their context
  if (failure) std::rethrow_exception(failure);
}

protocol::pb::Request survey() { return rollout::survey(rollout::place_of("redis", "default", "/srv"), false); }

awaitable<void> survey_into(FleetLinks& links, std::optional<Result<protocol::pb::Reply>>& out, io::Notifier& changed) {
  out = co_await links.call(0, survey(), soon);
  changed.notify_all();
}

}  // namespace

TEST(AttachFirst, TheFirstSurveyBringsTheAttachAndTheNextRequestsTheNumber) {
  run([](Relay& relay, FleetLinks& links) -> awaitable<void> {
    const auto first = co_await links.call(0, survey(), soon);
    EXPECT_TRUE(first) << first.error().text();
    const auto second = co_await links.call(0, survey(), soon);
    EXPECT_EQ(second->surveyed().epoch(), 7u);
    EXPECT_THAT(relay.asked, ElementsAre("survey with attach", "survey"));
  });
}

TEST(AttachFirst, ARelayThatDoesNotKnowItIsAskedOneAfterTheOther) {
  run(
      [](Relay& relay, FleetLinks& links) -> awaitable<void> {
        const auto reply = co_await links.call(0, survey(), soon);
        EXPECT_EQ(reply->surveyed().epoch(), 7u);
        EXPECT_THAT(relay.asked, ElementsAre("attach", "survey"));
      },
      false);
}

TEST(AttachFirst, ARequestThatChangesSomethingWaitsForTheAttach) {
  run([](Relay& relay, FleetLinks& links) -> awaitable<void> {
    rollout::Lease ticket;
    const auto request = rollout::take_grant(ticket, "", "");
    (void)co_await links.call(0, request, soon);
    EXPECT_THAT(relay.asked, ElementsAre("attach", "take grant"));
  });
}

TEST(AttachFirst, ALoginThatFailsIsToldAsTheRelaysWords) {
  run([](Relay& relay, FleetLinks& links) -> awaitable<void> {
    relay.refuses = true;
    const auto reply = co_await links.call(0, survey(), soon);
    EXPECT_EQ(reply.error().code, Code::unreachable);
    EXPECT_THAT(reply.error().text(), HasSubstr("relay 10.0.0.1: t1: connection refused"));
  });
}

TEST(AttachFirst, WhoGivesUpLeavesTheLoginToOthersAndTakesHisRequestAlong) {
  run([](Relay& relay, FleetLinks& links) -> awaitable<void> {
    relay.hold_login = relay.hold_surveys = true;
    auto hasty = links.call(0, survey(), soon);
    const auto timed_out = co_await io::with_deadline(std::move(hasty), Duration(20), "survey");
    EXPECT_EQ(timed_out.error().code, Code::timed_out);
    const auto executor = co_await asio::this_coro::executor;
    io::Notifier changed(executor);
    std::optional<Result<protocol::pb::Reply>> reply;
    asio::co_spawn(executor, survey_into(links, reply, changed), asio::detached);
    relay.log_in();
    while (relay.given_up == 0) co_await relay.changed.wait();
    relay.hold_surveys = false;
    EXPECT_EQ(links.route(0), "relay 10.0.0.1");
    EXPECT_THAT(relay.asked.front(), "survey with attach");
    links.close();
    while (!reply) co_await changed.wait();
  });
}
