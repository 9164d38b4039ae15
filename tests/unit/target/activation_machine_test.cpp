// Every schedule of failures, crashes and reboots of the activation machine: small enough to try them all.
#include "agents/target/slot/activation_machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace deployctl;
using namespace deployctl::target;

namespace {

Intent intent(std::string from, std::string to) {
  Intent i;
  i.from = std::move(from);
  i.to = std::move(to);
  return i;
}

Record record(Record::Kind kind, Step step, const std::string& boot = "b") {
  Record r;
  r.kind = kind;
  r.step = step;
  r.at = {boot, 1};
  return r;
}

struct Course {
  std::vector<std::string> steps;
  Outcome outcome{};
};

// Performs to the end; the steps in `failing` fail; before the step number `crash` the journal has a begun record only.
Course run(const Intent& i, const std::set<Step>& failing, int crash = -1, bool reboot = false) {
  Course out;
  std::vector<Record> records{record(Record::Kind::resumed, Step::prepare)};
  std::string boot = "b";
  for (int n = 0; n < 60; ++n) {
    const Next what = next(i, fold(records));
    if (const auto* end = std::get_if<End>(&what)) {
      out.outcome = end->outcome;
      Record ended = record(Record::Kind::ended, Step::prepare, boot);
      ended.outcome = end->outcome;
      records.push_back(ended);
      EXPECT_TRUE(std::holds_alternative<Nothing>(next(i, fold(records))));
      return out;
    }
    const Step step = std::get<Perform>(what).step;
    records.push_back(record(Record::Kind::begun, step, boot));
    if (n == crash) {
      if (reboot) boot = "c";
      records.push_back(record(Record::Kind::resumed, Step::prepare, boot));
      continue;
    }
    out.steps.push_back(to_string(step));
    Record ended = record(failing.contains(step) ? Record::Kind::failed : Record::Kind::done, step, boot);
    ended.error = error(Code::hook_failed, "no");
    records.push_back(ended);
  }
  ADD_FAILURE() << "never ended";
  return out;
}

using Words = std::vector<std::string>;

TEST(ActivationMachine, GoesForwardInOrder) {
  const Course upgrade = run(intent("v1", "v2"), {});
  EXPECT_EQ(upgrade.steps,
            (Words{"prepare", "drain", "stop", "install", "link", "switch", "start", "validate", "checks", "undrain"}));
  EXPECT_EQ(upgrade.outcome, Outcome::active);
  EXPECT_EQ(run(intent("", "v1"), {}).steps,
            (Words{"prepare", "install", "link", "switch", "start", "validate", "checks", "undrain"}));
  const Course restart = run(intent("v1", "v1"), {});
  EXPECT_EQ(restart.steps,
            (Words{"prepare", "drain", "stop", "link", "switch", "start", "validate", "checks", "undrain"}));
  const Course off = run(intent("v1", ""), {});
  EXPECT_EQ(off.steps, (Words{"prepare", "drain", "stop", "remove"}));
  EXPECT_EQ(off.outcome, Outcome::deactivated);
}

TEST(ActivationMachine, AFailureBeforeTheSwitchStartsTheOldOneAgain) {
  const Course prepared = run(intent("v1", "v2"), {Step::prepare});
  EXPECT_EQ(prepared.steps, (Words{"prepare"}));
  EXPECT_EQ(prepared.outcome, Outcome::reverted);
  EXPECT_EQ(run(intent("v1", "v2"), {Step::drain}).steps, (Words{"prepare", "drain", "revert undrain"}));
  const Course installed = run(intent("v1", "v2"), {Step::install});
  EXPECT_EQ(installed.steps,
            (Words{"prepare", "drain", "stop", "install", "revert start", "revert validate", "revert undrain"}));
  EXPECT_EQ(installed.outcome, Outcome::reverted);
  EXPECT_EQ(run(intent("v1", "v2"), {Step::install, Step::back_start}).outcome, Outcome::broken);
}

TEST(ActivationMachine, AFailureAfterTheSwitchGoesAllTheWayBack) {
  for (const Step failing : {Step::start, Step::validate, Step::checks, Step::undrain}) {
    const Course back = run(intent("v1", "v2"), {failing});
    const Words tail(back.steps.end() - 6, back.steps.end());
    EXPECT_EQ(tail, (Words{"revert stop", "revert switch", "revert start", "revert validate", "revert checks",
                           "revert undrain"}));
    EXPECT_EQ(back.outcome, Outcome::reverted);
    for (const Step worse :
         {Step::back_switch, Step::back_start, Step::back_validate, Step::back_checks, Step::back_undrain})
      EXPECT_EQ(run(intent("v1", "v2"), {failing, worse}).outcome, Outcome::broken);
    EXPECT_EQ(run(intent("v1", "v2"), {failing, Step::back_stop}).outcome, Outcome::reverted);
  }
}

TEST(ActivationMachine, AFirstReleaseThatFailsIsStoppedAndRemoved) {
  const Course back = run(intent("", "v1"), {Step::checks});
  EXPECT_EQ(Words(back.steps.end() - 2, back.steps.end()), (Words{"revert stop", "revert switch"}));
  EXPECT_EQ(back.outcome, Outcome::reverted);
  EXPECT_EQ(run(intent("", "v1"), {Step::start, Step::back_stop}).outcome, Outcome::reverted);
  EXPECT_EQ(run(intent("", "v1"), {Step::checks, Step::back_stop}).outcome, Outcome::broken);
  EXPECT_EQ(run(intent("", "v1"), {Step::link}).steps, (Words{"prepare", "install", "link"}));
}

TEST(ActivationMachine, AReleaseThatIsRestartedHasNoWayBack) {
  EXPECT_EQ(run(intent("v1", "v1"), {Step::checks}).outcome, Outcome::broken);
  EXPECT_EQ(run(intent("v1", "v1"), {Step::stop}).outcome, Outcome::reverted);
}

TEST(ActivationMachine, NothingToDeactivateIsDeactivated) {
  EXPECT_EQ(run(intent("", ""), {}).outcome, Outcome::deactivated);
  EXPECT_EQ(run(intent("v1", ""), {Step::remove}).outcome, Outcome::reverted);
}

// Whatever fails and wherever it crashes, with or without a reboot: it ends as it ends without the crash.
TEST(ActivationMachine, ACrashAnywhereChangesNoOutcome) {
  for (const auto& [from, to] :
       {std::pair("v1", "v2"), std::pair("", "v1"), std::pair("v1", "v1"), std::pair("v1", "")})
    for (int first = 0; first < step_count; ++first)
      for (int second = first; second < step_count; ++second)
        for (int crash = 0; crash < 18; ++crash)
          for (const bool reboot : {false, true}) {
            const std::set<Step> failing{static_cast<Step>(first), static_cast<Step>(second)};
            // A first release that its stop hook could not stop: the reboot did.
            if (reboot && *from == 0 && failing.contains(Step::back_stop)) continue;
            EXPECT_EQ(run(intent(from, to), failing, crash, reboot).outcome, run(intent(from, to), failing).outcome)
                << from << to << first << second << crash << reboot;
          }
}

TEST(ActivationMachine, AfterARebootTheServiceIsStartedAnew) {
  const Course again = run(intent("v1", "v2"), {}, 8, true);  // at the checks
  EXPECT_EQ(Words(again.steps.end() - 4, again.steps.end()), (Words{"start", "validate", "checks", "undrain"}));
  EXPECT_EQ(std::count(again.steps.begin(), again.steps.end(), "start"), 2);
  EXPECT_EQ(std::count(again.steps.begin(), again.steps.end(), "switch"), 1);
}

TEST(ActivationMachine, AProcessIsRunningUntilItsStepEndsOrTheHostReboots) {
  std::vector<Record> records{record(Record::Kind::resumed, Step::prepare), record(Record::Kind::begun, Step::stop),
                              record(Record::Kind::process, Step::stop)};
  EXPECT_TRUE(fold(records).running);
  auto rebooted = records;
  rebooted.push_back(record(Record::Kind::resumed, Step::prepare, "c"));
  EXPECT_FALSE(fold(rebooted).running);
  records.push_back(record(Record::Kind::done, Step::stop));
  EXPECT_FALSE(fold(records).running);
}

}  // namespace
