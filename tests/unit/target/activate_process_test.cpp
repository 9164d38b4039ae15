#include "agents/target/activation/activate_process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "agents/target/activation/activation_watch.hpp"
#include "core/io/files.hpp"
#include "tests/unit/target/releases.hpp"

using namespace deployctl;
using namespace deployctl::target;
using deployctl::testing::read_text;
using deployctl::testing::shell;
using ::testing::HasSubstr;

namespace {

struct ActivateProcessTest : deployctl::testing::SlotFixture {
  model::Activation hooks() const {
    model::Activation made;
    for (const auto which : model::target_hooks)
      made.hooks[which] = shell(std::string("echo ") + model::to_string(which) +
                                " $VERSION in $(basename $(pwd)) before $(basename \"$PREVIOUS_RELEASE\")");
    return made;
  }
  std::string release(const std::string& version, model::Activation how) {
    return put({{{"name", {version}}}, {}}, version, std::move(how));
  }
  Outcome activate(const std::string& to) {
    Intent intent;
    intent.rollout = "r" + std::to_string(++rollouts);
    intent.service = "redis";
    intent.to = to;
    intent.from = slot.current_folder()->value_or("");
    EXPECT_TRUE(Journal::begin(slot, intent));
    const auto done = finish_journal(slot);
    EXPECT_TRUE(done) << (done ? "" : done.error().text());
    return fold(Journal::read(slot)->records).ended.value();
  }
  std::string log() const { return read_text(slot.hook_log("r" + std::to_string(rollouts))); }
  protocol::pb::Activated told() const { return activated_of(slot, *Journal::read(slot)); }
  int rollouts = 0;
};

TEST_F(ActivateProcessTest, EachHookRunsInItsOwnReleaseInOrder) {
  const auto one = release("1", hooks()), two = release("2", hooks());
  EXPECT_EQ(activate(one), Outcome::active);
  EXPECT_EQ(log(), "install 1 in " + one + " before\nstart 1 in " + one + " before\nvalidate 1 in " + one +
                       " before\nundrain 1 in " + one + " before\n");
  EXPECT_EQ(activate(two), Outcome::active);
  std::string words;
  for (const char* hook : {"drain 1", "stop 1", "install 2", "start 2", "validate 2", "undrain 2"}) {
    const auto& folder = std::string(hook).back() == '1' ? one : two;
    words += std::string(hook) + " in " + folder + " before " + one + "\n";
  }
  EXPECT_EQ(log(), words);
}

TEST_F(ActivateProcessTest, AJournalAtItsEndIsDoneWith) {
  const auto one = release("1", hooks());
  EXPECT_EQ(activate(one), Outcome::active);
  const auto records = Journal::read(slot)->records.size();
  ASSERT_TRUE(finish_journal(slot));
  EXPECT_EQ(Journal::read(slot)->records.size(), records);
}

TEST_F(ActivateProcessTest, NoJournalIsNothingToDo) { EXPECT_TRUE(finish_journal(slot)); }

TEST_F(ActivateProcessTest, AMissingLinkedFileFailsBeforeAnythingStops) {
  auto linked = hooks();
  linked.linked_files = {"secret"};
  const auto one = release("1", hooks()), two = release("2", linked);
  activate(one);
  EXPECT_EQ(activate(two), Outcome::reverted);
  EXPECT_FALSE(io::exists(slot.hook_log("r2")));  // no hook ran
  EXPECT_THAT(told().error().message(), HasSubstr("linked file"));
}

TEST_F(ActivateProcessTest, AReleaseThatIsNotWholeFailsBeforeAnythingStops) {
  const auto one = release("1", hooks());
  activate(one);
  auto plain = hooks();
  plain.hooks.erase(model::TargetHook::install);
  const auto two = release("2", plain);
  deployctl::testing::overwrite(in(two, "name"), "changed");
  EXPECT_EQ(activate(two), Outcome::reverted);
  EXPECT_FALSE(io::exists(slot.hook_log("r2")));
  EXPECT_EQ(slot.current_folder()->value(), one);
}

// What runs has a record that can't be read: its stop hook must not be skipped in silence.
TEST_F(ActivateProcessTest, ARunningReleaseThatCannotBeReadIsNotReplacedBlindly) {
  const auto one = release("1", hooks()), two = release("2", hooks());
  activate(one);
  dir.write("srv/.deployctl/releases/" + one + "/release.json", "{broken");
  EXPECT_EQ(activate(two), Outcome::reverted);
  EXPECT_FALSE(io::exists(slot.hook_log("r2")));
  EXPECT_EQ(slot.current_folder()->value(), one);
}

TEST_F(ActivateProcessTest, WhatRanAndWasRemovedByHandHasNothingToStop) {
  const auto one = release("1", hooks()), two = release("2", hooks());
  activate(one);
  ASSERT_TRUE(io::remove_tree(slot.release(one)));
  EXPECT_EQ(activate(two), Outcome::active);
  EXPECT_THAT(log(), Not(HasSubstr("stop 1")));
}

TEST_F(ActivateProcessTest, ChecksThatNeverPassTakeItBackAndSayWhatFailed) {
  auto sick = hooks();
  model::HealthCheck check;
  check.probe = model::CommandCheck{"echo 'no quorum'; exit 1"};
  check.interval = Duration(10);
  check.deadline = Duration(50);
  sick.health_checks = {check};
  const auto one = release("1", hooks()), two = release("2", sick);
  activate(one);
  EXPECT_EQ(activate(two), Outcome::reverted);
  EXPECT_THAT(log(), HasSubstr("stop 2 in " + two + " before " + one + "\nstart 1 in " + one));
  EXPECT_TRUE(told().unhealthy());
  EXPECT_THAT(told().error().message(), HasSubstr("no quorum"));
  EXPECT_EQ(told().current().folder(), one);
  EXPECT_TRUE(kept_release(slot, two)->failed);
  EXPECT_TRUE(kept_release(slot, one)->confirmed);
}

TEST_F(ActivateProcessTest, AWayBackThatFailsTooIsBrokenAndSaysBoth) {
  auto once = hooks(), bad = hooks();
  once.hooks[model::TargetHook::start] = shell("test ! -e ../../started; touch ../../started");
  bad.hooks[model::TargetHook::start] = shell("echo port taken; false");
  const auto one = release("1", once), two = release("2", bad);
  EXPECT_EQ(activate(one), Outcome::active);
  EXPECT_EQ(activate(two), Outcome::broken);
  EXPECT_THAT(told().error().message(), HasSubstr("port taken"));
  EXPECT_THAT(told().error().message(), HasSubstr("on the way back: hook start"));
}

}  // namespace
