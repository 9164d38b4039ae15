#include "agents/relay/reconcile/reconcile_step.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agents/relay/reconcile/desired_state.hpp"
#include "core/base/digest.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::relay;
using What = ReconcileStep::What;
using protocol::pb::Surveyed;

namespace {

const WallTime now{std::chrono::milliseconds(1'000'000)};

std::string raw(const std::string& name) { return std::string(sha256(name).raw()); }

protocol::pb::Desire desire_for(int members, int behind) {
  protocol::pb::Desire desire;
  desire.mutable_place()->set_service("redis");
  desire.mutable_place()->set_deploy_to("/srv/redis");
  desire.mutable_holder()->set_rollout("r-7");
  desire.mutable_holder()->set_epoch(7);
  desire.set_region("eu-west");
  desire.set_release(raw("v2"));
  desire.set_release_json("{}");
  desire.set_not_after(now.time_since_epoch().count() + 1000);
  desire.add_payloads()->set_base(raw("artifact v1"));
  for (int i = 0; i < members; ++i) {
    desire.add_members()->set_name("t" + std::to_string(i));
    desire.mutable_members(i)->set_behind(i < behind);
  }
  return desire;
}

Surveyed runs(const std::string& version, std::uint64_t epoch = 7, const std::string& health = "healthy") {
  Surveyed look;
  look.set_epoch(epoch);
  look.mutable_health()->set_state(version.empty() ? "absent" : health);
  if (version.empty()) return look;
  auto& current = *look.mutable_current();
  current.set_version(version);
  current.set_release(raw(version));
  current.set_artifact(raw("artifact " + version));
  current.set_confirmed(true);
  *look.add_kept() = current;
  return look;
}

}  // namespace

TEST(ReconcileStep, BringsOneThatCameBack) {
  auto desire = desire_for(3, 1);
  const auto step = next_step(desire, {runs("v1", 5), runs("v2"), runs("v2")}, now);
  EXPECT_EQ(step.what, What::update);
  EXPECT_EQ(step.member, 0);
  EXPECT_TRUE(step.stage);
  ASSERT_TRUE(step.payload);
  EXPECT_EQ(step.payload->base(), raw("artifact v1"));
}

TEST(ReconcileStep, SendsNothingToOneThatKeepsTheRelease) {
  auto desire = desire_for(2, 1);
  auto back = runs("v1");
  back.add_kept()->set_release(raw("v2"));
  const auto step = next_step(desire, {back, runs("v2")}, now);
  EXPECT_EQ(step.what, What::update);
  EXPECT_FALSE(step.stage);
}

TEST(ReconcileStep, WaitsWhileNobodyIsBack) {
  auto desire = desire_for(3, 1);
  EXPECT_EQ(next_step(desire, {{}, runs("v2"), runs("v2")}, now).what, What::wait);
  EXPECT_TRUE(any_behind(desire));
}

TEST(ReconcileStep, IsDoneWhenAllAreThere) {
  auto desire = desire_for(3, 2);
  EXPECT_EQ(next_step(desire, {runs("v2"), {}, runs("v2")}, now).what, What::wait);
  EXPECT_FALSE(desire.members(0).behind());
  EXPECT_EQ(next_step(desire, {{}, runs("v2"), {}}, now).what, What::done);
  EXPECT_FALSE(any_trouble(desire));
}

TEST(ReconcileStep, ACurrentOneThatWasNeverHealthyIsNotThere) {
  auto desire = desire_for(2, 1);
  auto half = runs("v2");
  half.mutable_current()->set_confirmed(false);
  EXPECT_EQ(next_step(desire, {half, runs("v2")}, now).what, What::update);
}

TEST(ReconcileStep, IsOverAtItsTime) {
  auto desire = desire_for(2, 1);
  EXPECT_EQ(next_step(desire, {runs("v1"), runs("v2")}, now + std::chrono::seconds(1)).what, What::over);
}

TEST(ReconcileStep, IsOverWhenANewerRolloutWasSeenAnywhere) {
  auto newer = desire_for(3, 1);
  EXPECT_EQ(next_step(newer, {runs("v1"), runs("v2"), runs("v2", 8)}, now).what, What::over);
  auto held = desire_for(3, 1);
  auto another = runs("v2");
  another.mutable_holder()->set_rollout("r-8");
  EXPECT_EQ(next_step(held, {runs("v1"), another, {}}, now).what, What::over);
}

TEST(ReconcileStep, AMembersAbsurdEpochEndsNothingForTheOthers) {
  auto desire = desire_for(3, 1);
  EXPECT_EQ(next_step(desire, {runs("v1"), runs("v2"), runs("v2", ~std::uint64_t{0} - 1)}, now).what, What::update);
}

TEST(ReconcileStep, TakesOneFromAnOlderRolloutThatStillHoldsIt) {
  auto desire = desire_for(2, 1);
  auto back = runs("v1", 6);
  back.mutable_holder()->set_rollout("r-6");
  const auto step = next_step(desire, {back, runs("v2")}, now);
  EXPECT_EQ(step.what, What::update);
  EXPECT_EQ(step.replaces, "r-6");
}

TEST(ReconcileStep, DoesNothingWhereFewerThanHalfOfThemAnswer) {
  auto desire = desire_for(5, 1);
  EXPECT_EQ(next_step(desire, {runs("v1"), runs("v2"), {}, {}, {}}, now).what, What::wait);
  EXPECT_EQ(next_step(desire, {runs("v1"), runs("v2"), runs("v2"), {}, {}}, now).what, What::update);
}

TEST(ReconcileStep, StopsNobodyWhoServesBelowTheFloor) {
  auto desire = desire_for(4, 2);
  desire.set_min_healthy(3);
  EXPECT_EQ(next_step(desire, {runs("v1"), {}, runs("v2"), runs("v2")}, now).what, What::wait);
  EXPECT_EQ(next_step(desire, {runs("v1"), runs("v1"), runs("v2"), runs("v2")}, now).what, What::update);
  const auto sick = next_step(desire, {runs("v1", 5, "unhealthy"), {}, runs("v2"), runs("v2")}, now);
  EXPECT_EQ(sick.what, What::update) << "it serves nobody";
}

TEST(ReconcileStep, TriesNobodyTwiceWhoFailed) {
  auto desire = desire_for(4, 2);
  desire.set_most_failures(1);
  desire.mutable_members(0)->set_trouble("start: exit status 1");
  desire.mutable_members(0)->set_failed(true);
  EXPECT_EQ(next_step(desire, {runs("v1"), runs("v1"), runs("v2"), runs("v2")}, now).member, 1);
  desire.set_most_failures(0);
  EXPECT_EQ(next_step(desire, {runs("v1"), runs("v1"), runs("v2"), runs("v2")}, now).what, What::done)
      << "who else would it break";
  EXPECT_EQ(desire.members(1).trouble(), "not tried: it failed on 1 that came back before");
}

TEST(ReconcileStep, SaysWhatNothingHereCanBring) {
  auto desire = desire_for(3, 1);
  EXPECT_EQ(next_step(desire, {runs("v0", 3), runs("v2"), runs("v2")}, now).what, What::done);
  EXPECT_TRUE(any_trouble(desire));
  EXPECT_EQ(desire.members(0).trouble(), "nothing here brings it from v0 to the release");
  auto whole = desire_for(3, 1);
  whole.add_payloads();  // from nothing
  EXPECT_EQ(next_step(whole, {runs("v0", 3), runs("v2"), runs("v2")}, now).what, What::update);
}

TEST(DesiredStateStore, OutliveTheRelay) {
  const deployctl::testing::TempDir dir;
  const DesiredStateStore here(dir / "desires");
  EXPECT_TRUE(here.all().empty());
  auto desire = desire_for(2, 1);
  ASSERT_TRUE(here.put(desire));
  desire.mutable_holder()->set_rollout("r-8");
  ASSERT_TRUE(here.put(desire));
  auto elsewhere = desire;
  elsewhere.set_region("us");
  ASSERT_TRUE(here.put(elsewhere));
  const auto all = DesiredStateStore(dir / "desires").all();
  ASSERT_EQ(all.size(), 2u) << "one for a place and region";
  EXPECT_EQ(all[0].holder().rollout(), "r-8");
  ASSERT_TRUE(here.remove(desire));
  ASSERT_TRUE(here.remove(desire)) << "once more";
  EXPECT_EQ(here.all().size(), 1u);
}

TEST(DesiredStateStore, RefuseWhatNamesNothing) {
  const deployctl::testing::TempDir dir;
  const DesiredStateStore here(dir / "desires");
  EXPECT_FALSE(here.put({}));
  auto nobody = desire_for(0, 0);
  EXPECT_FALSE(here.put(nobody));
  dir.write("desires/0123.desire", "not a desire");
  EXPECT_TRUE(here.all().empty());
  EXPECT_EQ(deployctl::testing::read_text(dir / "desires/0123.desire"), "not a desire") << "it is left alone";
}
