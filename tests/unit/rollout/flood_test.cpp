// A rollout over targets that send more than anybody can read: what is recorded stays bounded, whatever they do.
#include <gtest/gtest.h>

#include <asio/this_coro.hpp>

#include "core/rollout/driver/runner.hpp"
#include "tests/support/run_async.hpp"
#include "tests/unit/rollout/machine_fixture.hpp"

using namespace deployctl;
using namespace deployctl::rollout;
using namespace deployctl::testing;

namespace {

constexpr int flood_events = 5000;
constexpr std::size_t flood_bytes = 50'000;  // of output with each

// Its activation prints without end, then succeeds.
class FloodingFleet final : public fleet::TargetLinks {
 public:
  asio::awaitable<Result<protocol::pb::Reply>> call(std::size_t, protocol::pb::Request request, Duration,
                                                    std::function<void(const protocol::pb::Event&)> on_event,
                                                    std::shared_ptr<fleet::PayloadHandle>) override {
    protocol::pb::Reply reply;
    if (request.has_activate()) {
      protocol::pb::Event event;
      event.mutable_step()->set_name("start");
      event.mutable_step()->set_state("begun");
      event.mutable_step()->set_output(std::string(flood_bytes, 'A'));
      for (int i = 0; i < flood_events; ++i) on_event(event);
      reply.mutable_activated()->set_outcome(protocol::pb::Activated::ACTIVE);
    }
    co_return reply;
  }
  void prefetch_payload(std::size_t, std::shared_ptr<fleet::PayloadHandle>) override {}
  std::uint64_t rate(std::size_t) const override { return 0; }
  std::uint64_t wan_bytes() const override { return 0; }
};

// Two targets that keep the release, so that nothing is to be staged.
RolloutOrder order_of() {
  RolloutOrder order;
  order.spec = spec_of({2}, 2);
  order.goal = {sha256("release"), {}, "v2"};
  order.baselines.resize(2);
  order.survey.resize(2);
  for (std::size_t i = 0; i < 2; ++i) {
    auto& reply = order.survey[i].reply.emplace();
    reply.mutable_health()->set_state("unchecked");
    reply.add_kept()->set_release(order.goal.release.raw());
    order.baselines[i].emplace();
  }
  return order;
}

struct Recorded {
  RolloutResult result = RolloutResult::failed;
  std::size_t bytes = 0, steps = 0;
  std::vector<events::Event> with_omissions;
};

asio::awaitable<Recorded> run_flooded() {
  FloodingFleet links;
  auto order = order_of();
  Recorded out;
  const events::EventSink sink = [&out](const events::Event& event) {
    out.bytes += events::to_json_line(event).size();
    out.steps += event.name == "target_step" ? 1 : 0;
    if (event.body.find("omitted_bytes") != std::string::npos) out.with_omissions.push_back(event);
  };
  Recorder recorder({"r-1", "toy", "test", "v2"}, nullptr, sink);
  const auto executor = co_await asio::this_coro::executor;
  Stager stager(executor, links, StagerOrder{order.spec, {}, {}});
  RunnerParts parts{links, recorder, stager, {}, {}, io::CancelToken{}};
  auto outcome = co_await run_rollout(order, std::move(parts));
  out.result = outcome.result;
  co_return out;
}

}  // namespace

TEST(Flood, OfStepsAndOutputIsHeldToTheBudgetAndTheTargetsStillBecomeActive) {
  const auto recorded = run_async(run_flooded());
  EXPECT_EQ(recorded.result, RolloutResult::succeeded);
  EXPECT_LT(recorded.bytes, 500'000u);
  EXPECT_LE(recorded.steps, 402u);
  ASSERT_EQ(recorded.with_omissions.size(), 2u);
  EXPECT_NE(recorded.with_omissions[0].body.find("\"omitted_events\":4800"), std::string::npos)
      << recorded.with_omissions[0].body;
}
