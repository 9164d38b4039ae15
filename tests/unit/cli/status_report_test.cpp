#include "cli/reports/status_report.hpp"

#include <gmock/gmock.h>

#include "core/host/this_process.hpp"

using namespace deployctl;
using namespace deployctl::cli;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

const WallTime now{std::chrono::hours(24 * 20000)};

struct StatusReportTest : ::testing::Test {
  model::Plan plan;
  rollout::FleetSurvey survey;

  StatusReportTest() {
    plan.service = "redis";
    plan.environment = "production";
  }

  void region(const std::string& name) { plan.fleet.regions.push_back({name, {}, {}}); }

  rollout::TargetSurvey& target(const std::string& host) {
    model::Target target;
    target.endpoint.host = host;
    plan.fleet.regions.back().targets.push_back(target);
    return survey.emplace_back();
  }

  void runs(const std::string& host, const std::string& version, const std::string& health = "healthy") {
    auto& reply = target(host).reply.emplace();
    reply.mutable_health()->set_state(health);
    if (health == "unhealthy") reply.mutable_health()->add_failing("tcp 127.0.0.1:6400: refused");
    if (version.empty()) return;
    reply.mutable_current()->set_version(version);
    reply.mutable_current()->set_confirmed_at((now - std::chrono::hours(3)).time_since_epoch().count());
  }

  void silent(const std::string& host) { target(host).error = error(Code::unreachable, "no route to " + host); }

  std::string text(bool every = false) const {
    return output::text_of(status_report(plan, survey).lines(now, 0, every));
  }
};

TEST_F(StatusReportTest, CountsAndNamesWhatIsNotWell) {
  region("eu-west");
  runs("a", "7.2.4");
  runs("b", "7.2.4", "unhealthy");
  region("us-east");
  silent("c");
  runs("d", "", "absent");
  EXPECT_EQ(text(),
            "redis (production)  4 targets, 1 healthy, 1 empty, 1 unhealthy, 1 unreachable, 1 of 4 behind\n"
            "\n"
            "REGION   TARGET  VERSION  HEALTH       SINCE\n"
            "eu-west  a       7.2.4    healthy      3 h ago\n"
            "eu-west  b       7.2.4    unhealthy    3 h ago  tcp 127.0.0.1:6400: refused\n"
            "us-east  c       -        unreachable           no route to c\n"
            "us-east  d       -        -\n");
}

TEST_F(StatusReportTest, TargetsOnAnotherReleaseAreCountedAndNamed) {
  region("eu");
  for (const char* host : {"a", "b", "c"}) {
    runs(host, "v2");
    survey.back().reply->mutable_current()->set_release(sha256(std::string(host) == "c" ? "r1" : "r2").raw());
  }
  survey.back().reply->mutable_current()->set_version("v1");
  auto report = status_report(plan, survey);
  report.compare(Expected{{sha256("r2")}, "v2"});
  EXPECT_THAT(output::text_of(report.lines(now, 0, false)),
              HasSubstr("redis (production)  3 targets, 3 healthy, 1 on another release, 1 of 3 behind\n"));
  EXPECT_THAT(output::text_of(report.lines(now, 0, false)),
              HasSubstr("c       v1       healthy  3 h ago  behind: the fleet is to run v2\n"));
  EXPECT_THAT(report.json().text(), HasSubstr(R"("diverged":1,"damaged":0,"behind":1)"));
  EXPECT_THAT(report.json().text(), HasSubstr(R"("expected":"v2")"));
  // Without a ledger what most targets run counts.
  report = status_report(plan, survey);
  report.compare({});
  EXPECT_EQ(report.behind(), 1u);
  // While a rollout goes on both its release and the one before are as they should be.
  report = status_report(plan, survey);
  report.compare(Expected{{sha256("r2"), sha256("r1")}, "v1"});
  EXPECT_EQ(report.behind(), 0u);
}

TEST_F(StatusReportTest, ADamagedReleaseAndWhatCouldNotBeRemovedAreShown) {
  region("eu");
  runs("a", "v2");
  survey.back().reply->mutable_current()->set_damaged(true);
  survey.back().reply->mutable_current()->set_damage("bin/app was changed");
  runs("b", "v2");
  auto& left = *survey.back().reply->add_unremoved();
  left.set_path("/srv/app/releases/.removing-v1");
  left.mutable_error()->set_message("remove /srv/app/releases/.removing-v1/x: Operation not permitted");
  const auto report = status_report(plan, survey);
  const auto shown = output::text_of(report.lines(now, 0, false));
  EXPECT_THAT(shown, HasSubstr("2 targets, 2 healthy, 1 damaged\n"));
  EXPECT_THAT(shown, HasSubstr("damaged: bin/app was changed, deploy v2 again to repair it\n"));
  EXPECT_THAT(
      shown,
      HasSubstr(
          "1 old release could not be removed: remove /srv/app/releases/.removing-v1/x: Operation not permitted\n"));
  EXPECT_THAT(report.json().text(), HasSubstr(R"("damaged":"bin/app was changed")"));
  EXPECT_THAT(report.json().text(),
              HasSubstr(R"("unremoved":[{"path":"/srv/app/releases/.removing-v1","message":"remove)"));
}

TEST_F(StatusReportTest, WhatTheFleetIsToRunIsTheLastCompletedRolloutsRelease) {
  const auto row = [](ledger::RolloutState state, const char* version) {
    ledger::RolloutRow row;
    row.state = state;
    row.version = version;
    row.release = sha256(version);
    return row;
  };
  using State = ledger::RolloutState;
  EXPECT_FALSE(expected_of({}));
  auto expected =
      expected_of({row(State::rolled_back, "v3"), row(State::succeeded, "v2"), row(State::succeeded, "v1")});
  ASSERT_TRUE(expected);
  EXPECT_EQ(expected->version, "v2");
  EXPECT_EQ(expected->releases, std::vector{sha256("v2")});
  expected = expected_of({row(State::running, "v3"), row(State::incomplete, "v2")});
  ASSERT_TRUE(expected);
  EXPECT_EQ(expected->version, "v2");
  EXPECT_EQ(expected->releases, (std::vector{sha256("v3"), sha256("v2")}));
  EXPECT_FALSE(expected_of({row(State::failed, "v3"), row(State::succeeded, "v2")}));
  expected = expected_of({row(State::running, "v1")});
  ASSERT_TRUE(expected);
  EXPECT_TRUE(expected->releases.empty()) << "the first deploy: nothing is compared";
}

TEST_F(StatusReportTest, ManyAlikeAreOneRowAndTheOddOnesStandOut) {
  region("eu");
  for (int i = 0; i < 30; ++i) runs("a" + std::to_string(i), i < 29 ? "2" : "1");
  silent("odd");
  EXPECT_THAT(text(), HasSubstr("eu      29 targets  2"));
  EXPECT_THAT(text(), HasSubstr("eu      1 target    1"));
  EXPECT_THAT(text(), HasSubstr("eu      odd"));
  EXPECT_THAT(text(), Not(HasSubstr("a17")));
  EXPECT_THAT(text(true), HasSubstr("a17"));
}

TEST_F(StatusReportTest, JsonIsOneObjectOfTheContract) {
  region("eu-west");
  runs("a", "7.2.4", "unchecked");
  silent("b");
  auto report = status_report(plan, survey);
  EXPECT_EQ(
      report.json().text(),
      R"({"service":"redis","environment":"production","rollout":null,"state":null,"counts":{"total":2,"healthy":0,"unchecked":1,"empty":0,"unhealthy":0,"unreachable":1,"diverged":0,"damaged":0,"behind":1},"regions":[{"name":"eu-west","targets":[)"
      R"({"host":"a","current":"7.2.4","health":"unchecked","since":"2024-10-03T21:00:00.000Z"},)"
      R"({"host":"b","current":null,"health":"unreachable","error":{"code":"unreachable","message":"no route to b","hint":""}}]}]})");
  report.rollout = RolloutStatus{"r-1", "paused", "deploy", "7.2.4", "too many unreachable", "ana@laptop", true};
  EXPECT_THAT(report.json().text(), HasSubstr(R"("rollout":"r-1","state":"paused","reason":"too many unreachable")"));
}

TEST_F(StatusReportTest, ARunningRolloutWhoseProcessIsGoneIsInterrupted) {
  ledger::RolloutRow row;
  row.id = "r-1";
  row.kind = "deploy";
  row.version = "2";
  row.state = ledger::RolloutState::running;
  row.boot_id = "another boot";
  EXPECT_EQ(status_of(row).state, "running") << "of another host nothing is known";
  EXPECT_TRUE(status_of(row).unfinished);
  const auto us = host::this_process();
  row.boot_id = us.boot_id;
  row.pid = us.pid;
  row.pid_start = us.pid_start;
  EXPECT_EQ(status_of(row).state, "running") << "we live";
  row.pid_start = us.pid_start + 1;
  EXPECT_EQ(status_of(row).state, "interrupted") << "our pid belonged to another process then";
  EXPECT_THAT(status_of(row).reason, HasSubstr("is gone"));
  row.state = ledger::RolloutState::succeeded;
  EXPECT_FALSE(status_of(row).unfinished);
}

TEST_F(StatusReportTest, WithoutALedgerTheHolderIsTold) {
  region("eu");
  runs("a", "1");
  EXPECT_FALSE(holder_of(survey));
  survey[0].reply->mutable_holder()->set_rollout("r-9");
  survey[0].reply->mutable_holder()->set_user("ana");
  survey[0].reply->mutable_holder()->set_host("ci-4");
  EXPECT_EQ(holder_of(survey)->id, "r-9");
  EXPECT_EQ(holder_of(survey)->who, "ana@ci-4");
}

}  // namespace
