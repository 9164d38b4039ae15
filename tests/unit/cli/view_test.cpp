#include "cli/output/view.hpp"

#include <gtest/gtest.h>

#include "cli/output/live_block.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli/screen.hpp"
#include "tests/unit/cli/story.hpp"

namespace deployctl::output {
namespace {

using namespace std::chrono_literals;

class ManualClock : public Clock {
 public:
  WallTime wall() const override { return WallTime(std::chrono::hours(500'000)); }
  SteadyTime steady() const override { return now; }
  SteadyTime now{1h};
};

struct ViewTest : ::testing::Test {
  deployctl::testing::TempDir dir;
  ManualClock clock;
  std::FILE* out = std::fopen((dir / "out").c_str(), "w");
  std::FILE* err = std::fopen((dir / "err").c_str(), "w");
  ~ViewTest() override {
    std::fclose(out);
    std::fclose(err);
  }
  std::unique_ptr<View> view(ViewOptions options = {}) {
    options.out = out;
    options.err = err;
    options.clock = &clock;
    options.command_for = [](const rollout::Advice& advice) {
      const bool logs = advice.kind == rollout::Advice::Kind::logs;
      return logs ? "deployctl logs " + advice.about : std::string("deployctl something-else");
    };
    return make_view(options);
  }
  std::string shown() const { return deployctl::testing::read_text(dir / "out"); }
  std::string said() const { return deployctl::testing::read_text(dir / "err"); }
};

Error start_failed() {
  return with_hint(with_context(error(Code::hook_failed, "exit status 1"), "start"),
                   "deployctl logs r-1 --target 10.1.0.12");
}

void play_failure(View& view) {
  view.on(started());
  view.on(event("wave_started", {.body = R"({"targets":1})", .wave = "canary"}));
  view.on(about_target("target_staging", "eu-west", "10.1.0.11", R"({"received":1,"total":2})"));
  view.on(about_target("target_staged", "eu-west", "10.1.0.11", R"({"already":false})"));
  view.on(about_target("target_activating", "eu-west", "10.1.0.11"));
  view.on(about_target("target_active", "eu-west", "10.1.0.11", R"({"already":false,"seconds":1.4})"));
  view.on(event("wave_finished", {.wave = "canary"}));
  view.on(about_target("target_unreachable", "us", "10.2.0.11", "{}",
                       error(Code::unreachable, "connect: no route to host")));
  view.on(
      about_target("target_step", "eu-west", "10.1.0.12",
                   R"({"step":"start","state":"failed","output":"reading conf\n\u001b[31mbad directive\u001b[0m\n"})"));
  view.on(about_target("target_failed", "eu-west", "10.1.0.12", "{}", start_failed()));
  view.on(event("rollback_started", {.error = error(Code::hook_failed, "1 target failed, max_failed is 0")}));
  view.on(about_target("target_reverted", "eu-west", "10.1.0.12"));
  view.on(about_target("target_reverted", "eu-west", "10.1.0.11"));
  view.on(finished("rolled_back", error(Code::hook_failed, "1 target failed, max_failed is 0")));
}

constexpr const char* failure_summary =
    "redis 7.2.4 was rolled back after 2 min 05 s: every touched target runs 7.2.3 again\n"
    "  1 target failed, max_failed is 0\n"
    "region   targets  active  unreachable  reverted  untouched\n"
    "eu-west        3       0            0         2          1\n"
    "us             2       0            1         0          1\n"
    "unreachable  us       10.2.0.11  connect: no route to host\n"
    "reverted     eu-west  10.1.0.12  start: exit status 1\n"
    "hint: deployctl logs r-1 --target 10.1.0.12\n"
    "20.4 MB sent from here\n"
    "next: deployctl logs r-1\n";

TEST_F(ViewTest, APipeGetsOneCalmLineForEachThingThatMattersAndErrorsGoToStderr) {
  auto v = view();
  play_failure(*v);
  v->finish();
  EXPECT_EQ(shown(),
            "redis 7.2.3 to 7.2.4 in production: 5 targets in 2 regions\n"
            "rollout r-1\n"
            "wave canary: 1 target\n"
            "eu-west  10.1.0.11  active       1.4 s\n"
            "wave canary: done\n"
            "eu-west  10.1.0.12  reverted\n"
            "eu-west  10.1.0.11  reverted\n");
  EXPECT_EQ(said(), std::string("us       10.2.0.11  unreachable  connect: no route to host\n"
                                "eu-west  10.1.0.12  failed       start: exit status 1\n"
                                "    | reading conf\n"
                                "    | bad directive\n"
                                "    hint: deployctl logs r-1 --target 10.1.0.12\n"
                                "rolling back: 1 target failed, max_failed is 0\n") +
                        failure_summary);
}

TEST_F(ViewTest, ASuccessIsAnAnswerAndGoesToStdout) {
  auto v = view();
  v->on(started());
  v->on(finished("succeeded"));
  v->finish();
  EXPECT_NE(shown().find("is active everywhere"), std::string::npos);
  EXPECT_EQ(said(), "");
}

TEST_F(ViewTest, QuietTellsBadNewsOnlyAndNothingOfASuccess) {
  auto v = view({.quiet = true, .is_terminal = true});
  v->on(started());
  v->on(event("wave_started", {.wave = "canary"}));
  v->on(about_target("target_active", "eu-west", "10.1.0.11"));
  v->on(finished("succeeded"));
  v->finish();
  EXPECT_EQ(shown() + said(), "");
  auto w = view({.quiet = true});
  play_failure(*w);
  w->finish();
  EXPECT_TRUE(said().starts_with("us       10.2.0.11  unreachable  connect"));
  EXPECT_EQ((shown() + said()).find("wave"), std::string::npos);
  EXPECT_TRUE(said().ends_with(failure_summary));
}

TEST_F(ViewTest, VerboseTellsSteps) {
  auto v = view({.verbosity = 1});
  v->on(about_target("target_staged", "eu", "a", R"({"already":true})"));
  v->on(about_target("target_step", "eu", "a",
                     R"({"step":"start","state":"failed","detail":"exit status 1","output":"words\n"})"));
  v->finish();
  EXPECT_EQ(shown(), "eu  a  staged       was there already\neu  a  start        failed: exit status 1\n");
}

TEST_F(ViewTest, JsonHasEveryEventOnStdoutAndWordsOnStderr) {
  auto v = view({.format = Format::json, .is_terminal = true});
  play_failure(*v);
  v->finish();
  const auto lines = shown();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 14);
  EXPECT_TRUE(lines.starts_with(events::to_json_line(started()) + "\n"));
  EXPECT_NE(lines.find("target_staging"), std::string::npos);
  EXPECT_NE(lines.find(R"("event":"rollout_finished")"), std::string::npos);
  EXPECT_NE(said().find("eu-west  10.1.0.12  failed       start: exit status 1\n"), std::string::npos);
  EXPECT_TRUE(said().ends_with(failure_summary));
}

TEST_F(ViewTest, JsonIsThereAsSoonAsTheEventIs) {
  auto v = view({.format = Format::json});
  v->on(started());
  EXPECT_EQ(shown(), events::to_json_line(started()) + "\n");
}

TEST_F(ViewTest, ABuildsStepsAreToldAndItsOutputOnlyWhenItFails) {
  auto v = view();
  v->on(event("build_started", {.body = R"({"repo":"../redis.git","ref":"7.2.4"})"}));
  v->on(event("build_pinned", {.body = R"({"commit":"0123456789abcdef","version":"7.2.4"})"}));
  v->on(event("build_step", {.body = R"({"step":"make -j2","number":3,"of":4})"}));
  v->on(event("build_output", {.body = R"({"text":"CC a.o\na.c:4: error\n"})"}));
  v->on(event("build_finished",
              {.body = R"({"seconds":3.2})", .error = error(Code::build_failed, "make -j2: exit status 2")}));
  v->finish();
  EXPECT_EQ(shown(),
            "build redis: ../redis.git 7.2.4\nbuild  commit 0123456789ab, version 7.2.4\nbuild  3/4  make -j2\n");
  EXPECT_EQ(said(), "build  failed\n    | CC a.o\n    | a.c:4: error\n");
}

TEST_F(ViewTest, ALargeFleetIsToldByTenthsAndItsTroubleOneByOne) {
  auto v = view();
  v->on(event("rollout_started",
              {.body = R"({"kind":"deploy","targets":1000,"regions":[{"name":"eu","targets":1000}]})"}));
  for (int i = 0; i < 999; ++i) v->on(about_target("target_active", "eu", std::to_string(i).c_str()));
  v->on(about_target("target_failed", "eu", "999", "{}", error(Code::hook_failed, "exit status 1")));
  v->finish();
  const auto text = shown() + said();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 12);
  EXPECT_NE(text.find("eu  100 of 1,000 active\n"), std::string::npos);
  EXPECT_NE(text.find("eu  900 of 1,000 active\n"), std::string::npos);
  EXPECT_NE(text.find("eu  999  failed       exit status 1\n"), std::string::npos);
}

TEST_F(ViewTest, ATerminalIsRepaintedTenTimesASecondAtMost) {
  auto v = view({.width = 80, .is_terminal = true});
  v->on(started());
  const auto first = shown();
  EXPECT_FALSE(first.empty());
  for (int i = 0; i < 1000; ++i) v->on(about_target("target_failed", "eu-west", std::to_string(i).c_str()));
  v->tick(clock.now + 99ms);
  EXPECT_EQ(shown(), first);
  v->tick(clock.now + 100ms);
  EXPECT_GT(shown().size(), first.size());
}

TEST_F(ViewTest, ATerminalEndsWithTheSummaryInTheBlocksPlace) {
  auto v = view({.width = 80, .is_terminal = true, .utf8 = false});
  FakeScreen screen(80, 24);
  for (const auto& e :
       {started(), event("wave_started", {.wave = "canary"}), about_target("target_activating", "eu-west", "10.1.0.11"),
        about_target(
            "target_unreachable", "us", "10.2.0.11", "{}",
            error(Code::unreachable, "a reason that is so long that it takes more than one row: no route to host"))}) {
    v->on(e);
    clock.now += 200ms;
    v->tick(clock.now);
  }
  screen.write(shown());
  EXPECT_NE(screen.text().find("wave canary\n"
                               "us       10.2.0.11  unreachable  a reason that is so long that it takes more tha\n"
                               "n one row: no route to host\n"
                               "redis 7.2.4  wave 1/2 canary  0 of 5 active  1 unreachable  0 s\n"
                               "eu-west  >>>>>>>>>-----------------  0/3  1 activating\n"
                               "us       ????????????\?-------------  0/2  1 unreachable\n"
                               "  10.1.0.11  activating\n"),
            std::string::npos)
      << screen.text();
  v->on(about_target("target_active", "eu-west", "10.1.0.11"));
  v->on(finished("succeeded"));
  v->finish();
  v->finish();
  FakeScreen end(80, 24);
  end.write(shown());
  EXPECT_TRUE(
      end.text().ends_with("n one row: no route to host\n"
                           "redis 7.2.4 is active everywhere, in 2 min 05 s\n"
                           "region   targets  active  unreachable  untouched\n"
                           "eu-west        3       1            0          2\n"
                           "us             2       0            1          1\n"
                           "unreachable  us  10.2.0.11  a reason that is so long that it takes more than one\n"
                           " row: no route to host\n"
                           "20.4 MB sent from here\n\n"))
      << end.text();
}

TEST_F(ViewTest, ANarrowTerminalGetsNoPadding) {
  auto v = view({.width = 40, .is_terminal = true});
  v->on(started());
  v->on(about_target("target_failed", "us", "a", "{}", error(Code::hook_failed, "exit status 1")));
  v->finish();
  EXPECT_NE(shown().find("us  a  failed  exit status 1\n"), std::string::npos);
}

TEST_F(ViewTest, ANoteOfTheOwnersStandsAboveTheBlock) {
  auto v = view({.width = 80, .is_terminal = true, .utf8 = false});
  v->on(started());
  v->note(Line("interrupted: settling what is in flight"));
  clock.now += 200ms;
  v->tick(clock.now);
  FakeScreen screen(80, 24);
  screen.write(shown());
  EXPECT_NE(screen.text().find("in flight\nredis 7.2.4  0 of 5 active"), std::string::npos) << screen.text();
  EXPECT_EQ(said(), "");
}

TEST_F(ViewTest, NothingButABlockNeedsATerminal) {
  auto v = view();
  play_failure(*v);
  v->finish();
  EXPECT_EQ(shown().find('\x1b'), std::string::npos);
}

TEST_F(ViewTest, AViewThatIsForgottenStillEnds) {
  {
    auto v = view();
    v->on(started());
    v->on(finished("succeeded"));
  }
  EXPECT_NE(shown().find("is active everywhere"), std::string::npos);
}

TEST(LiveBlock, FindsItsWayOnATerminalThatBecameNarrow) {
  const deployctl::testing::TempDir dir;
  std::FILE* out = std::fopen((dir / "out").c_str(), "w");
  LiveBlock block(out, false);
  block.draw({Line("first")}, {Line("0123456789"), Line("abc")}, 20);
  block.draw({}, {Line("x")}, 5);  // the first line takes two rows by now
  std::fclose(out);
  EXPECT_NE(deployctl::testing::read_text(dir / "out").find("\x1b[3A"), std::string::npos);
}

}  // namespace
}  // namespace deployctl::output
