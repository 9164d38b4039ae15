#include "agents/target/activation/survey.hpp"

#include "agents/target/activation/journal.hpp"
#include "agents/target/grant/grant.hpp"
#include "agents/target/slot/switch.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/files.hpp"
#include "tests/unit/target/releases.hpp"

using namespace deployctl;
using namespace deployctl::target;

namespace {

const Identity redis{"redis", "default"};

struct SurveyTest : deployctl::testing::SlotFixture {
  std::string release(const std::string& version, const std::string& check = {}) {
    model::Activation how;
    if (!check.empty()) {
      model::HealthCheck one;
      one.probe = model::CommandCheck{check};
      how.health_checks = {one};
    }
    return put({{{"name", {version}}}, {}}, version, how);
  }
};

TEST(Survey, APlaceThatIsNobodysIsLeftUntouched) {
  deployctl::testing::TempDir dir;
  const auto slot = *Slot::at(dir / "not/there", "");
  const auto found = survey(slot, redis, true);
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_FALSE(found->has_current() || found->has_holder());
  EXPECT_EQ(found->epoch(), 0u);
  EXPECT_EQ(found->health().state(), "absent");
  EXPECT_GT(found->free_bytes(), 0u);
  EXPECT_FALSE(io::exists(dir / "not"));
}

TEST_F(SurveyTest, TellsWhatRunsAndWhatIsKept) {
  const auto one = release("1.0", "true"), two = release("2.0");
  ASSERT_TRUE(switch_current(slot, one));
  const auto found = survey(slot, redis, true);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->current().folder(), one);
  EXPECT_EQ(found->current().version(), "1.0");
  EXPECT_EQ(found->kept_size(), 2);
  EXPECT_EQ(found->health().state(), "healthy");
}

TEST_F(SurveyTest, TellsOfHealthInWords) {
  ASSERT_TRUE(switch_current(slot, release("1.0", "echo down; false")));
  const auto sick = check_health(slot, redis);
  EXPECT_EQ(sick->state(), "unhealthy");
  ASSERT_EQ(sick->failing_size(), 1);
  EXPECT_NE(sick->failing(0).find("down"), std::string::npos);
  ASSERT_TRUE(switch_current(slot, release("2.0")));
  EXPECT_EQ(check_health(slot, redis)->state(), "unchecked");
}

TEST_F(SurveyTest, WordsThatAreNoUtf8AreStillSaid) {
  ASSERT_TRUE(switch_current(slot, release("1.0", "printf '\\377down'; false")));
  const auto sick = check_health(slot, redis);
  EXPECT_NE(sick->failing(0).find("?down"), std::string::npos) << sick->failing(0);
}

TEST_F(SurveyTest, AFolderWhoseNameIsNoUtf8DoesNotSpoilTheAnswer) {
  ASSERT_TRUE(io::make_dirs(slot.release("caf\xe9")));
  EXPECT_EQ(survey(slot, redis, false)->kept(0).folder(), "caf?");
}

TEST_F(SurveyTest, ADanglingCurrentIsUnhealthy) {
  const auto one = release("1.0");
  ASSERT_TRUE(switch_current(slot, one));
  ASSERT_TRUE(io::remove_tree(slot.release(one)));
  const auto found = survey(slot, redis, true);
  EXPECT_EQ(found->current().folder(), one);
  EXPECT_EQ(found->health().state(), "unhealthy");
}

TEST_F(SurveyTest, TellsWhoHoldsTheGrantAndWhatIsUnfinished) {
  GrantRequest request;
  request.holder.rollout = "r1";
  request.epoch = 4;
  ASSERT_TRUE(GrantFile(slot).change([&](const Grant& held) { return take(held, request, host::boot_now()); }));
  Intent intent;
  intent.rollout = "r0";
  ASSERT_TRUE(Journal::begin(slot, intent));
  auto found = survey(slot, redis, false);
  EXPECT_EQ(found->holder().rollout(), "r1");
  EXPECT_EQ(found->epoch(), 4u);
  EXPECT_GT(found->holder().expires_in_ms(), 0u);
  EXPECT_EQ(found->unfinished_rollout(), "r0");
  ASSERT_TRUE(GrantFile(slot).change([&](const Grant& held) { return drop(held, "r1", 4); }));
  found = survey(slot, redis, false);
  EXPECT_FALSE(found->has_holder());
  EXPECT_EQ(found->epoch(), 4u);
}

TEST_F(SurveyTest, AnothersPlaceIsAnsweredWithItsOwner) {
  const auto found = survey(slot, {"nginx", "default"}, true);
  EXPECT_EQ(found->other_service(), "redis (default)");
  EXPECT_EQ(found->kept_size(), 0);
}

TEST_F(SurveyTest, WithHistoryTellsTheLastGrantAndTheReceipts) {
  const auto one = release("1.0");
  ASSERT_TRUE(add_name(slot, one, "1.1"));
  GrantRequest request;
  request.holder.rollout = "r1";
  request.holder.kind = "rollback";
  request.holder.release = sha256("x").text();
  request.holder.version = "1.1";
  request.epoch = 4;
  ASSERT_TRUE(GrantFile(slot).change([&](const Grant& held) { return take(held, request, host::boot_now()); }));
  ASSERT_TRUE(GrantFile(slot).change([&](const Grant& held) { return drop(held, "r1", 4); }));
  Receipt receipt;
  receipt.rollout = "r1";
  receipt.folder = one;
  receipt.kind = "rollback";
  receipt.from_release = sha256("before").text();
  ASSERT_TRUE(append_receipt(slot, receipt));
  const auto found = survey(slot, redis, false, true);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->has_holder()) << "it was given back";
  EXPECT_EQ(found->last_grant().rollout() + " " + found->last_grant().kind() + " " + found->last_grant().version(),
            "r1 rollback 1.1");
  EXPECT_EQ(found->last_grant().release(), sha256("x").raw());
  EXPECT_EQ(found->last_grant().expires_in_ms(), 0U);
  ASSERT_EQ(found->receipts_size(), 1);
  EXPECT_EQ(found->receipts(0).kind(), "rollback");
  EXPECT_EQ(found->receipts(0).from_release(), sha256("before").raw());
  EXPECT_EQ(found->receipts(0).outcome(), "active");
  EXPECT_EQ(found->kept(0).version(), "1.1");
  EXPECT_EQ(found->kept(0).names_size(), 2);
  const auto without = survey(slot, redis, false);
  EXPECT_FALSE(without->has_last_grant() || without->receipts_size() > 0) << "only a rollback needs it";
}

// As 6747c34 and before wrote it.
TEST_F(SurveyTest, ReadsTheGrantOfAnOlderAgent) {
  ASSERT_TRUE(io::write_file(
      slot.state("grant.json"),
      R"({"boot_id":"b","dropped":true,"epoch":9,"expires_boottime_ms":1,"holder_boot_id":"","host":"h","pid":1,)"
      R"("pid_start":2,"reason":"","rollout":"r-old","since":3,"user":"u"})"));
  const auto found = survey(slot, redis, false, true);
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->last_grant().rollout(), "r-old");
  EXPECT_EQ(found->last_grant().kind(), "");
}

}  // namespace
