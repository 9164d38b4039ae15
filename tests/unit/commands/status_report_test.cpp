#include "cli/commands/status_report.hpp"

#include <gmock/gmock.h>

#include "core/rollout/this_process.hpp"

using namespace deployctl;
using namespace deployctl::commands;
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
            "redis (production)  4 targets, 1 healthy, 1 empty, 1 unhealthy, 1 unreachable\n"
            "\n"
            "REGION   TARGET  VERSION  HEALTH       SINCE\n"
            "eu-west  a       7.2.4    healthy      3 h ago\n"
            "eu-west  b       7.2.4    unhealthy    3 h ago  tcp 127.0.0.1:6400: refused\n"
            "us-east  c       -        unreachable           no route to c\n"
            "us-east  d       -        -\n");
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
  EXPECT_EQ(report.json().text(),
            R"({"service":"redis","environment":"production","rollout":null,"state":null,"regions":[{"name":"eu-west","targets":[)"
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
  const auto us = rollout::this_process();
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
