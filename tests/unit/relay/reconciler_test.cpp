#include "agents/relay/reconcile/reconciler.hpp"

#include <algorithm>

#include "tests/unit/relay/relay_rig.hpp"

using namespace deployctl;
using namespace deployctl::relay;
using namespace deployctl::testing;

namespace {

std::string digest_of(const std::string& name) { return std::string(sha256(name).raw()); }

protocol::pb::Desire desire_of(const std::string& service, std::uint64_t epoch) {
  protocol::pb::Desire desire;
  desire.mutable_place()->set_service(service);
  desire.mutable_place()->set_deploy_to("/srv/" + service);
  desire.mutable_holder()->set_rollout("r-" + std::to_string(epoch));
  desire.mutable_holder()->set_epoch(epoch);
  desire.set_region("eu-west");
  desire.set_release(digest_of("v2"));
  desire.set_interval_ms(100);
  desire.set_not_after(system_clock().wall().time_since_epoch().count() + 3'600'000);
  auto& member = *desire.add_members();
  member.set_name(service);
  member.set_behind(true);
  member.mutable_host()->set_host(service);
  member.mutable_host()->set_port(22);
  return desire;
}

// A target that is back: it keeps the release, and was last granted to epoch 8. It grants nothing.
struct Back final : serve::Service {
  awaitable<Result<protocol::pb::Reply>> serve(protocol::pb::Request request, serve::Exchange&) override {
    protocol::pb::Reply reply;
    if (request.has_survey()) {
      auto& look = *reply.mutable_surveyed();
      look.set_epoch(8);
      look.mutable_health()->set_state("absent");
      look.add_kept()->set_release(digest_of("v2"));
      co_return reply;
    }
    if (request.has_take_grant()) asked_for.push_back(request.take_grant().holder().rollout());
    co_return fail(Code::locked, "held");
  }
  awaitable<void> ended() override { co_return; }
  std::vector<std::string> asked_for;  // rollouts
};

// Desires on the disk of a relay whose targets answer once `hold` is gone; those of `back` do, the others can't be
// reached.
struct CatchingUpRig {
  explicit CatchingUpRig(asio::any_io_executor e)
      : executor(std::move(e)),
        changed(executor),
        sessions(
            executor, [this](protocol::pb::Attach a) { return dial(std::move(a)); }, 4),
        cache(executor, dir / "chunks", {}),
        catching_up(std::make_shared<Reconciler>(executor, sessions, cache, dir / "desires")) {}

  awaitable<Result<std::shared_ptr<link::AgentLink>>> dial(protocol::pb::Attach request) {
    dialled.push_back(request.host());
    changed.notify_all();
    while (hold) co_await changed.wait();
    const auto at = back.find(request.host());
    if (at == back.end()) co_return fail(Code::unreachable, "connection refused");
    auto pair = io::make_stream_pair(executor);
    asio::co_spawn(executor, serve_on(std::move(pair->second), at->second, "target"), asio::detached);
    link::LinkOptions options;
    options.name = request.host();
    options.program = "relay";
    co_return co_await link::AgentLink::open(std::move(pair->first), std::move(options));
  }
  void let_go() {
    hold = false;
    changed.notify_all();
  }
  std::ptrdiff_t dials(const std::string& host) const { return std::count(dialled.begin(), dialled.end(), host); }

  TempDir dir;
  asio::any_io_executor executor;
  io::Notifier changed;
  std::vector<std::string> dialled;
  std::map<std::string, Back> back;
  bool hold = true;
  TargetSessions sessions;
  ChunkCache cache;
  std::shared_ptr<Reconciler> catching_up;
};

}  // namespace

TEST(Reconciler, LooksAtNothingThatWasWithdrawnWhileItLookedAtAnother) {
  run_with<CatchingUpRig>([](CatchingUpRig& rig) -> awaitable<void> {
    const DesiredStateStore desires(rig.dir / "desires");
    EXPECT_TRUE(desires.put(desire_of("redis", 7)));
    EXPECT_TRUE(desires.put(desire_of("nginx", 7)));
    rig.catching_up->start();
    while (rig.dialled.empty()) co_await rig.changed.wait();
    const std::string first = rig.dialled[0], other = first == "redis" ? "nginx" : "redis";
    auto place = desire_of(other, 7).place();
    const auto withdrawn = co_await rig.catching_up->withdraw(std::move(place));
    EXPECT_TRUE(withdrawn);
    rig.let_go();
    while (rig.dials(first) < 2) co_await rig.changed.wait();  // the next round
    EXPECT_EQ(rig.dials(other), 0);
    auto rest = desire_of(first, 7).place();
    (void)co_await rig.catching_up->withdraw(std::move(rest));
  });
}

TEST(Reconciler, LeavesWhatReplacedADesireThatIsOver) {
  run_with<CatchingUpRig>([](CatchingUpRig& rig) -> awaitable<void> {
    auto& target = rig.back["redis"];
    EXPECT_TRUE(rig.catching_up->put(desire_of("redis", 7)));
    while (rig.dialled.empty()) co_await rig.changed.wait();
    EXPECT_TRUE(rig.catching_up->put(desire_of("redis", 8)));
    rig.let_go();
    while (target.asked_for.empty() && rig.catching_up->busy()) co_await rig.changed.wait_for(Duration(10));
    EXPECT_EQ(target.asked_for, std::vector<std::string>{"r-8"});
    auto place = desire_of("redis", 8).place();
    EXPECT_EQ(rig.catching_up->of(place).size(), 1u);
    (void)co_await rig.catching_up->withdraw(std::move(place));
    rig.sessions.close();
  });
}
