#include "agents/target/target_service.hpp"

#include <gmock/gmock.h>

#include "agents/target/activation/journal.hpp"
#include "core/io/flock.hpp"
#include "tests/unit/target/service_fixture.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using protocol::pb::Activated;
using ::testing::HasSubstr;

namespace {

struct TargetServiceTest : ServiceFixture {
  Rollout r1{deploy_to, "r1", 1}, r2{deploy_to, "r2", 2}, r3{deploy_to, "r3", 3};

  target::TargetService hasty{{agent_binary, dir.path(), std::chrono::milliseconds(100)}};  // gives up early

  awaitable<void> whole_life();
  awaitable<void> grants();
  awaitable<void> repeats();
  awaitable<void> stages();
  awaitable<void> refuses_places();
  awaitable<void> leaves_in_the_middle();
  awaitable<void> activates_a_folder();
  awaitable<void> restarts_what_is_unhealthy();
  awaitable<void> cancels_a_stage();
  awaitable<void> reads_logs();
  awaitable<void> stages_behind_a_lock();
};

awaitable<void> TargetServiceTest::whole_life() {
  const Link link = co_await connect();
  EXPECT_EQ(outcome(co_await deploy(link, r1, "v1", activation())), Activated::ACTIVE);
  EXPECT_EQ(running(), "v1");
  EXPECT_EQ(read_text(slot.current() + "/name"), "v1");
  EXPECT_EQ(refusal(co_await r2.take_grant(link)), Code::locked);
  (void)co_await r1.drop_grant(link);
  EXPECT_EQ(outcome(co_await deploy(link, r2, "v2", activation())), Activated::ACTIVE);
  EXPECT_EQ(running(), "v2");
  (void)co_await r2.drop_grant(link);
  // A third one fails and takes itself back.
  const auto failed = co_await deploy(link, r3, "v3", activation("echo cannot bind >&2; false"));
  EXPECT_EQ(outcome(failed), Activated::REVERTED);
  EXPECT_THAT(failed->activated().error().message(), HasSubstr("cannot bind"));
  EXPECT_FALSE(failed->activated().unhealthy());
  EXPECT_EQ(failed->activated().current().version(), "v2");
  EXPECT_EQ(running(), "v2");
  EXPECT_EQ(read_text(slot.current() + "/name"), "v2");
  // Rollback to the first: no payload. Then off.
  EXPECT_EQ(outcome(co_await ask(link, r3.activate(tree("v1").release("v1", activation())))), Activated::ACTIVE);
  EXPECT_EQ(running(), "v1");
  EXPECT_EQ(outcome(co_await ask(link, r3.activate({}))), Activated::DEACTIVATED);
  EXPECT_EQ(running(), "");
  EXPECT_FALSE(io::exists(slot.current()));
}

TEST_F(TargetServiceTest, DeploysUpgradesRevertsRollsBackAndStops) { run_async(whole_life()); }

awaitable<void> TargetServiceTest::grants() {
  const Link link = co_await connect();
  const auto granted = co_await r2.take_grant(link);
  EXPECT_TRUE(granted) << granted.error().text();
  EXPECT_EQ(granted->granted().surveyed().epoch(), 2u);
  EXPECT_EQ(granted->granted().surveyed().holder().rollout(), "r2");
  EXPECT_EQ(refusal(co_await r1.take_grant(link, "r2")), Code::locked);  // a lower epoch
  const Rollout same_epoch(deploy_to, "other", 2);
  EXPECT_EQ(refusal(co_await same_epoch.take_grant(link, "r2")), Code::locked);
  EXPECT_TRUE(co_await r2.renew_grant(link));
  EXPECT_TRUE(co_await r3.take_grant(link, "r2"));  // names whom it replaces
  EXPECT_EQ(refusal(co_await r2.renew_grant(link)), Code::locked);
  EXPECT_EQ(refusal(co_await ask(link, r2.activate({}))), Code::locked);
  const Tree what = tree("v1");
  EXPECT_EQ(refusal(co_await r2.stage(link, what.release("v1"), payload_of(what))), Code::locked);
  EXPECT_TRUE(co_await r3.drop_grant(link));
  EXPECT_EQ(refusal(co_await ask(link, r3.activate({}))), Code::locked);
  const Rollout strange(deploy_to, "../x", 9);
  EXPECT_EQ(refusal(co_await strange.take_grant(link)), Code::invalid);
}

TEST_F(TargetServiceTest, OnlyTheHolderOfTheGrantChangesAnything) { run_async(grants()); }

awaitable<void> TargetServiceTest::repeats() {
  const Link link = co_await connect();
  EXPECT_EQ(outcome(co_await deploy(link, r1, "v1", activation("echo once >> ../../starts"))), Activated::ACTIVE);
  const auto release = tree("v1").release("v1", activation("echo once >> ../../starts"));
  EXPECT_EQ(outcome(co_await ask(link, r1.activate(release))), Activated::ACTIVE);  // the same answer again
  EXPECT_EQ(read_text(deploy_to + "/starts"), "once\n");
  EXPECT_TRUE(co_await r2.take_grant(link, "r1"));
  EXPECT_EQ(outcome(co_await ask(link, r2.activate(release))), Activated::ALREADY);
  EXPECT_EQ(read_text(deploy_to + "/starts"), "once\n");
  EXPECT_EQ(refusal(co_await ask(link, r2.activate(tree("v9").release("v9")))), Code::not_found);
}

TEST_F(TargetServiceTest, WhatIsDoneIsNotDoneAgain) { run_async(repeats()); }

awaitable<void> TargetServiceTest::restarts_what_is_unhealthy() {
  const Link link = co_await connect();
  EXPECT_EQ(outcome(co_await deploy(link, r1, "v1", activation())), Activated::ACTIVE);
  EXPECT_TRUE(io::remove_file(deploy_to + "/running"));
  protocol::pb::Request check;
  *check.mutable_check()->mutable_place() = r1.place();
  const auto sick = co_await ask(link, check);
  EXPECT_EQ(sick->health().state(), "unhealthy");
  EXPECT_EQ(sick->health().failing_size(), 1);
  EXPECT_TRUE(co_await r2.take_grant(link, "r1"));
  EXPECT_EQ(outcome(co_await ask(link, r2.activate(tree("v1").release("v1", activation())))), Activated::ACTIVE);
  EXPECT_EQ(running(), "v1");
  const auto well = co_await ask(link, check);
  EXPECT_EQ(well->health().state(), "healthy");
}

TEST_F(TargetServiceTest, WhatIsCurrentButUnhealthyIsStartedAnew) { run_async(restarts_what_is_unhealthy()); }

awaitable<void> TargetServiceTest::stages() {
  const Link link = co_await connect();
  EXPECT_TRUE(co_await r1.take_grant(link));
  const Tree one = tree("v1");
  auto full = payload_of(one);
  auto staged = co_await r1.stage(link, one.release("v1"), full);
  EXPECT_TRUE(staged) << staged.error().text();
  EXPECT_FALSE(staged->staged().already());
  EXPECT_EQ(staged->staged().received(), full->index().total());
  staged = co_await r1.stage(link, one.release("v1"), full);
  EXPECT_TRUE(staged->staged().already());
  // Against a base; against one that isn't here; with what another base would need.
  Tree two = tree("v2");
  two.files["big"].text[7] = 'x';
  auto delta = payload_of(two, &one);
  EXPECT_EQ(refusal(co_await r1.stage(link, two.release("v2"), delta, sha256("none"))), Code::not_found);
  EXPECT_EQ(refusal(co_await r1.stage(link, two.release("v2"), delta)), Code::not_found);
  staged = co_await r1.stage(link, two.release("v2"), delta, one.manifest().digest());
  EXPECT_TRUE(staged) << staged.error().text();
  EXPECT_EQ(read_text(slot.release(two.release("v2").folder()) + "/big"), two.files["big"].text);
  // Another artifact than the payload's.
  EXPECT_EQ(refusal(co_await r1.stage(link, tree("v3").release("v3"), full)), Code::verification);
  const auto names = io::list_dir(slot.releases());
  EXPECT_EQ(names->size(), 2u);
}

TEST_F(TargetServiceTest, StagesWholeOrAgainstABaseAndOnlyOnce) { run_async(stages()); }

awaitable<void> TargetServiceTest::refuses_places() {
  const Link link = co_await connect();
  EXPECT_TRUE(co_await r1.take_grant(link));
  const Rollout other(deploy_to, "r9", 9, "nginx");
  EXPECT_EQ(refusal(co_await other.take_grant(link)), Code::refused);
  EXPECT_EQ(refusal(co_await ask(link, other.activate({}))), Code::refused);
  protocol::pb::Request survey;
  *survey.mutable_survey()->mutable_place() = other.place();
  const auto surveyed = co_await ask(link, survey);
  EXPECT_EQ(surveyed->surveyed().other_service(), "redis (default)");
  const Rollout relative("srv/x", "r1", 1);
  EXPECT_EQ(refusal(co_await relative.take_grant(link)), Code::invalid);
  const Rollout home("~/app", "r1", 1);
  EXPECT_TRUE(co_await home.take_grant(link));
  EXPECT_TRUE(io::exists(dir / "app/.deployctl"));
  const Rollout real_folder(dir / "real", "r1", 1);
  EXPECT_TRUE(io::make_dirs(dir / "real/current"));
  EXPECT_EQ(refusal(co_await real_folder.take_grant(link)), Code::refused);
  EXPECT_FALSE(io::exists(dir / "real/.deployctl"));  // refused before anything is made
  protocol::pb::Request attach;
  attach.mutable_attach()->set_host("10.0.0.1");
  EXPECT_EQ(refusal(co_await ask(link, attach)), Code::unsupported);
  survey.set_target(3);
  EXPECT_EQ(refusal(co_await ask(link, survey)), Code::invalid);
}

TEST_F(TargetServiceTest, AnotherServicesPlaceAndWhatIsNoPlaceAreRefused) { run_async(refuses_places()); }

// Until the journal is at its end.
awaitable<bool> settled(target::Slot slot) {
  for (int i = 0; i < 400; ++i) {
    const auto left = target::unfinished(slot);
    if (left && !*left) co_return true;
    co_await io::sleep_for(std::chrono::milliseconds(25));
  }
  co_return false;
}

awaitable<void> TargetServiceTest::leaves_in_the_middle() {
  Link link = co_await connect();
  const Tree what = tree("v1");
  // The start waits for a file, which is made when the caller is long gone.
  const auto release = what.release("v1", activation("while ! test -e ../../go; do sleep 0.02; done"));
  EXPECT_TRUE(co_await r1.take_grant(link));
  EXPECT_TRUE(co_await r1.stage(link, release, payload_of(what)));
  link::Call call;
  call.request = r1.activate(release);
  bool closed = false;
  call.on_event = [&](const protocol::pb::Event& event) {
    if (event.step().name() != "start" || closed) return;
    closed = true;
    link->close();
  };
  const auto lost = co_await link->call(std::move(call));
  EXPECT_FALSE(lost);
  EXPECT_TRUE(closed);
  dir.write("srv/go", "");
  EXPECT_TRUE(co_await settled(slot));
  EXPECT_EQ(running(), "v1");
  // Whoever asks again is told how it ended.
  link = co_await connect();
  EXPECT_EQ(outcome(co_await ask(link, r1.activate(release))), Activated::ACTIVE);
}

TEST_F(TargetServiceTest, AnActivationGoesOnWhenItsCallerLeaves) { run_async(leaves_in_the_middle()); }

awaitable<void> TargetServiceTest::activates_a_folder() {
  dir.write("srv/releases/20240101/name", "capistrano");
  const Link link = co_await connect();
  EXPECT_EQ(outcome(co_await deploy(link, r1, "v1", activation())), Activated::ACTIVE);
  auto request = r1.activate({});
  request.mutable_activate()->set_folder("20240101");
  const auto back = co_await ask(link, request);
  EXPECT_EQ(outcome(back), Activated::ACTIVE);
  EXPECT_EQ(back->activated().current().folder(), "20240101");
  EXPECT_EQ(read_text(slot.current() + "/name"), "capistrano");
  EXPECT_EQ(running(), "");
  request.mutable_activate()->set_folder("../x");
  EXPECT_EQ(refusal(co_await ask(link, request)), Code::invalid);
  // From a folder without hooks of ours: the new one starts.
  EXPECT_TRUE(co_await r2.take_grant(link, "r1"));
  EXPECT_EQ(outcome(co_await ask(link, r2.activate(tree("v1").release("v1", activation())))), Activated::ACTIVE);
  EXPECT_EQ(running(), "v1");
}

TEST_F(TargetServiceTest, AFolderThatWeDidNotMakeMayBeGoneBackTo) { run_async(activates_a_folder()); }

// Gives its first chunk at once and no other until it is let go.
struct Stalling final : payload::ChunkSource {
  explicit Stalling(std::shared_ptr<payload::ChunkSource> source) : whole(std::move(source)) {}
  const payload::Index& index() const override { return whole->index(); }
  awaitable<Result<Bytes>> read(std::uint32_t number) override {
    if (number > 0) co_await released.wait();
    co_return co_await whole->read(number);
  }
  std::shared_ptr<payload::ChunkSource> whole;
  io::CancelToken released;
};

awaitable<void> TargetServiceTest::cancels_a_stage() {
  const Link link = co_await connect();
  EXPECT_TRUE(co_await r1.take_grant(link));
  Tree what = tree("v1");
  what.files["noise"].text.resize(4'000'000);
  std::uint32_t state = 1;
  for (char& c : what.files["noise"].text) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  auto whole = payload_of(what);
  EXPECT_GT(whole->index().count(), 2u);
  link::Call call;
  {
    // The request as stage() makes it, with a deadline of our own.
    auto& stage = *call.request.mutable_stage();
    *stage.mutable_place() = r1.place();
    stage.set_rollout("r1");
    stage.set_epoch(1);
    stage.set_release_json(what.release("v1").json());
    stage.mutable_index()->set_version(payload::index_version);
    for (std::uint32_t i = 0; i < whole->index().count(); ++i) {
      stage.mutable_index()->add_lengths(whole->index().lengths[i]);
      stage.mutable_index()->mutable_digests()->append(whole->index().digests[i].raw());
    }
  }
  const auto stalling = std::make_shared<Stalling>(whole);
  call.chunks = stalling;
  call.deadline = Duration(500);
  EXPECT_EQ(refusal(co_await link->call(std::move(call))), Code::timed_out);
  stalling->released.cancel();
  // The next one waits for the first to have cleaned up, and goes through.
  const auto staged = co_await r1.stage(link, what.release("v1"), whole);
  EXPECT_TRUE(staged) << staged.error().text();
  EXPECT_EQ(io::list_dir(slot.releases())->size(), 1u);
}

TEST_F(TargetServiceTest, AStageThatIsGivenUpLeavesNothing) { run_async(cancels_a_stage()); }

awaitable<void> TargetServiceTest::stages_behind_a_lock() {
  const Link link = co_await connect(hasty);
  EXPECT_TRUE(co_await r1.take_grant(link));
  const auto held = io::FileLock::try_lock(slot.state("staging.lock"), "another program");
  EXPECT_TRUE(held);
  const Tree what = tree("v1");
  const auto staged = co_await r1.stage(link, what.release("v1"), payload_of(what));
  EXPECT_EQ(refusal(staged), Code::timed_out) << "late, as one that is out of reach: the release isn't to blame";
  EXPECT_THAT(staged.error().text(), HasSubstr("staging.lock"));
}

TEST_F(TargetServiceTest, AStageThatFindsItsLockHeldIsLate) { run_async(stages_behind_a_lock()); }

awaitable<void> TargetServiceTest::reads_logs() {
  const Link link = co_await connect();
  EXPECT_EQ(outcome(co_await deploy(link, r1, "v1", activation("printf 'caf\\303\\251 \\377\\n'"))), Activated::ACTIVE);
  protocol::pb::Request request;
  *request.mutable_read_log()->mutable_place() = r1.place();
  request.mutable_read_log()->set_rollout("r1");
  const auto log = co_await ask(link, request);
  EXPECT_TRUE(log) << log.error().text();
  EXPECT_EQ(log->log_text().text(), "starting v1\ncaf\xc3\xa9 ?\n");
  request.mutable_read_log()->set_rollout("r7");
  EXPECT_EQ(refusal(co_await ask(link, request)), Code::not_found);
  request.mutable_read_log()->set_rollout("../identity.json");
  EXPECT_EQ(refusal(co_await ask(link, request)), Code::invalid);
}

TEST_F(TargetServiceTest, GivesTheHooksLogOfARollout) { run_async(reads_logs()); }

}  // namespace
