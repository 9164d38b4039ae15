// The commands that look and tell, by the real binary: what they answer, where they say it, what they exit with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <regex>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

namespace {

const std::string binary = std::string(TEST_BINARY_DIR) + "/bin/deployctl";

struct Commands : ::testing::Test {
  TempDir dir;
  host::Output run(std::vector<std::string> words, std::vector<std::string> env = {}) {
    words.insert(words.begin(), binary);
    env.push_back("HOME=" + dir.path());
    env.push_back("DEPLOYCTL_STATE=" + (dir / "state"));
    return run_program(std::move(words), dir.path(), std::move(env));
  }
};

bool deploy(const Lab& lab, const std::string& ref) {
  const auto said = lab.deployctl({"deploy", "deploy.yaml", "--ref", ref, "--yes"});
  EXPECT_EQ(said.exit.code, 0) << said.out << said.err;
  return said.exit.code == 0;
}

// The newest rollout's id, as history tells it.
std::string newest_rollout(const Lab& lab) {
  const auto said = lab.deployctl({"history", "deploy.yaml", "--output", "json"});
  std::smatch id;
  if (!std::regex_search(said.out, id, std::regex("\"rollout\":\"(r-[0-9a-f-]+)\""))) return {};
  return id[1];
}

TEST_F(Commands, VersionAndHelpAreAnswersOnStdout) {
  const auto version = run({"--version"});
  EXPECT_EQ(version.exit.code, 0);
  EXPECT_THAT(version.out, ::testing::MatchesRegex("deployctl [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  const auto help = run({"--help"});
  EXPECT_EQ(help.exit.code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("validate PLAN"), HasSubstr("fleet ping PLAN"), HasSubstr("--no-color")));
  EXPECT_THAT(help.err, IsEmpty());
}

// As the system's loader lists them. libcurl brings 18 others along, whatever the command.
TEST_F(Commands, WhatAsksOverHttpIsNotLoadedAtEachStart) {
  const auto libraries = run({}, {"LD_TRACE_LOADED_OBJECTS=1"}).out;
  EXPECT_THAT(libraries, HasSubstr("libgit2.so"));
  EXPECT_THAT(libraries, Not(HasSubstr("libcurl.so")));
}

TEST_F(Commands, NothingAskedShowsWhatThereIsAndIsUsage) {
  const auto said = run({});
  EXPECT_EQ(said.exit.code, 2);
  EXPECT_THAT(said.out, IsEmpty());
  EXPECT_THAT(said.err, HasSubstr("usage: deployctl COMMAND"));
}

TEST_F(Commands, AMistypedOneIsUsageWithTheNearest) {
  const auto said = run({"stauts"});
  EXPECT_EQ(said.exit.code, 2);
  EXPECT_THAT(said.err, HasSubstr("unknown command 'stauts'; did you mean 'status'?"));
  const auto begun = run({"roll", "deploy.yaml"});
  EXPECT_EQ(begun.exit.code, 2);
  EXPECT_THAT(begun.err, HasSubstr("unknown command 'roll'; did you mean 'rollback'?"));
  const std::vector<std::vector<std::string>> others_options{
      {""}, {"build", "deploy.yaml", "--detach"}, {"status", "--wait", "deploy.yaml"}, {"doctor"}};
  for (const auto& words : others_options) {
    const auto said = run(words);
    EXPECT_EQ(said.exit.code, 2);
    EXPECT_THAT(said.err, AllOf(HasSubstr("unknown "), Not(HasSubstr("not built")))) << words[0];
  }
}

TEST_F(Commands, ARepositoryIsNamedToInitFromTheCurrentFolder) {
  std::filesystem::create_directories(dir / "sources/app");
  ASSERT_EQ(run({"init", "deploys/app", "--repo", "sources/app"}).exit.code, 0);
  EXPECT_THAT(read_text(dir / "deploys/app/deploy.yaml"), HasSubstr("repo: ../../sources/app"));
  ASSERT_EQ(run({"init", "other", "--repo", "git@host.example:team/app.git"}).exit.code, 0);
  EXPECT_THAT(read_text(dir / "other/deploy.yaml"), HasSubstr("repo: \"git@host.example:team/app.git\""));
}

TEST_F(Commands, InJsonAMistakeIsAnEventToo) {
  const auto said = run({"validate", "--output", "json"});
  EXPECT_EQ(said.exit.code, 2);
  EXPECT_THAT(Lab::event(said.out, "command_failed"),
              AllOf(HasSubstr("\"code\":\"invalid\""), HasSubstr("\"exit_code\":2")));
  EXPECT_THAT(said.err, HasSubstr("needs PLAN"));
}

TEST_F(Commands, AnAnswerThatCannotBeWrittenIsNoSuccess) {
  const auto full = run_program({"/bin/sh", "-c", binary + " --help >/dev/full"}, dir.path());
  EXPECT_EQ(full.exit.code, 1);
  EXPECT_THAT(full.err, HasSubstr("No space left"));
  // The reader is gone before anything is written.
  const auto gone =
      run_program({"/bin/bash", "-c", "{ sleep 0.2; " + binary + " --help; echo code $? >&2; } | true"}, dir.path());
  EXPECT_THAT(gone.err, HasSubstr("code 0"));
}

TEST_F(Commands, WhatInitWritesIsValidAndIsNeverOverwritten) {
  const auto first = run({"init", "my web"});
  ASSERT_EQ(first.exit.code, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("next: deployctl validate 'my web/deploy.yaml'"));
  const auto valid = run({"validate", "my web/deploy.yaml"});
  EXPECT_EQ(valid.exit.code, 0) << valid.err;
  EXPECT_THAT(valid.out, HasSubstr("is valid: my-web (default)"));

  dir.write("my web/deploy.yaml", "mine");
  const auto again = run({"init", "my web"});
  EXPECT_EQ(again.exit.code, 2);
  EXPECT_THAT(again.err, HasSubstr("nothing was written"));
  EXPECT_EQ(read_text(dir / "my web/deploy.yaml"), "mine");

  std::filesystem::remove(dir / "my web/fleet.yaml");
  std::filesystem::create_symlink(dir / "elsewhere", dir / "my web/fleet.yaml");
  EXPECT_EQ(run({"init", "my web"}).exit.code, 2);
  EXPECT_FALSE(std::filesystem::exists(dir / "elsewhere")) << "a dangling link is not followed";
}

TEST_F(Commands, ValidateTellsEveryMistakeWithItsPlace) {
  dir.write("deploy.yaml",
            "service: web\nfleet: fleet.yaml\nbuild:\n  repo: .\n  verison: 1\n  artifact: [{from: a}]\nrelease: {}\n");
  dir.write("fleet.yaml", "known_hosts: k\nregions: {r: {targets: [{host: a}, {host: a}]}}\n");
  const auto said = run({"validate", "deploy.yaml"});
  EXPECT_EQ(said.exit.code, 2);
  EXPECT_THAT(said.err, AllOf(HasSubstr("deploy.yaml:5:3: "), HasSubstr("deploy.yaml:7:"), HasSubstr("fleet.yaml:2:")));
  const auto json = run({"validate", "deploy.yaml", "--output", "json"});
  EXPECT_EQ(json.exit.code, 2);
  EXPECT_THAT(Lab::event(json.out, "validated"),
              AllOf(HasSubstr("\"valid\":false"), HasSubstr("\"line\":5,\"column\":3")));
}

TEST_F(Commands, ValidateSeesATargetThatNoWaveTakes) {
  dir.write("deploy.yaml",
            "service: web\nfleet: fleet.yaml\nbuild: {repo: ., artifact: [{from: a}]}\nrelease: {deploy_to: /srv/w}\n"
            "rollout: {waves: [{name: one, regions: [r], targets: 1}]}\n");
  dir.write("fleet.yaml", "known_hosts: k\nregions: {r: {targets: [{host: a}, {host: b}]}}\n");
  const auto said = run({"validate", "deploy.yaml"});
  EXPECT_EQ(said.exit.code, 2) << said.out;
  EXPECT_THAT(said.err, HasSubstr("no wave"));
  const auto replaced = run({"validate", "deploy.yaml", "--set", "rollout.waves=[{name: all, regions: all}]"});
  EXPECT_EQ(replaced.exit.code, 0) << replaced.err;
}

TEST_F(Commands, TheStateFolderIsPrivate) {
  ASSERT_EQ(run({"status"}).exit.code, 0);
  struct stat st {};
  ASSERT_EQ(::stat((dir / "state").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0700u);
  ASSERT_EQ(::chmod((dir / "state").c_str(), 0777), 0);
  const auto open = run({"status"});
  EXPECT_EQ(open.exit.code, 7);
  EXPECT_THAT(open.err, HasSubstr("may be written to by everybody"));
}

TEST(Build, IsCachedAndTellsItsArtifact) {
  Lab lab({.targets = 1});
  const auto first = lab.deployctl({"build", "deploy.yaml", "--ref", "v1", "--output", "json"});
  ASSERT_EQ(first.exit.code, 0) << first.err;
  EXPECT_THAT(
      Lab::event(first.out, "build_finished"),
      AllOf(HasSubstr("\"artifact\":\"sha256:"), HasSubstr("\"version\":\"v1\""), HasSubstr("\"cached\":false")));
  const auto again = lab.deployctl({"build", "deploy.yaml", "--ref", "v1", "--output", "json"});
  EXPECT_THAT(Lab::event(again.out, "build_finished"), HasSubstr("\"cached\":true"));
  const auto fresh = lab.deployctl({"build", "deploy.yaml", "--ref", "v1", "--fresh", "--output", "json"});
  EXPECT_THAT(Lab::event(fresh.out, "build_finished"), HasSubstr("\"cached\":false"));
}

TEST(Build, MakesThePayloadThatTheDeployWillNeed) {
  Lab lab({.targets = 1});
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  const auto built = lab.deployctl({"build", "deploy.yaml", "--ref", "v2", "--output", "json"});
  EXPECT_EQ(built.exit.code, 0) << built.err;
  EXPECT_THAT(Lab::event(built.out, "build_payload"), HasSubstr("\"base\":\"v1\""));
  EXPECT_THAT(built.out, ContainsRegex("build_finished[^\n]*\n$"));
  const auto again = lab.deployctl({"build", "deploy.yaml", "--ref", "v2", "--output", "json"});
  EXPECT_THAT(Lab::event(again.out, "build_payload"), IsEmpty());
}

TEST(Build, ThatFailsNumbersItsLastEventAfterTheOthers) {
  Lab lab({.targets = 1});
  const auto failed = lab.deployctl({"build", "deploy.yaml", "--set", "build.steps=['exit 9']", "--output", "json"});
  EXPECT_EQ(failed.exit.code, 3);
  const auto seq = [&](const std::string& name) {
    const auto line = Lab::event(failed.out, name);
    return std::stoi(line.substr(line.find("\"seq\":") + 6));
  };
  EXPECT_EQ(seq("command_failed"), seq("build_finished") + 1);
}

TEST(Build, FailsWithThreeAndAnUnknownRefWithTwo) {
  Lab lab({.targets = 1});
  const auto failed =
      lab.deployctl({"build", "deploy.yaml", "--ref", "v1", "--set", "build.steps=['echo some last words; exit 9']"});
  EXPECT_EQ(failed.exit.code, 3) << failed.out << failed.err;
  EXPECT_THAT(failed.err, HasSubstr("some last words"));
  const auto unknown = lab.deployctl({"build", "deploy.yaml", "--ref", "v999"});
  EXPECT_EQ(unknown.exit.code, 2) << unknown.err;
  EXPECT_THAT(unknown.err, HasSubstr("v999"));
}

TEST(Build, CtrlCEndsTheStepAndWhatItStarted) {
  Lab lab({.targets = 1});
  const std::string step = "build.steps=['sleep 300 & echo $! >" + (lab.dir() / "child") + "; mkfifo " +
                           (lab.dir() / "never") + "; touch " + (lab.dir() / "begun") + "; cat " +
                           (lab.dir() / "never") + "']";
  auto build = lab.start({"build", "deploy.yaml", "--ref", "v1", "--set", step}, "log");
  ASSERT_EQ(run_program({"/bin/sh", "-c", "until [ -e begun ]; do sleep 0.02; done"}, lab.dir().path()).exit.code, 0);
  ASSERT_TRUE(build.signal(SIGINT));
  const auto exit = build.wait(std::chrono::seconds(30));
  ASSERT_TRUE(exit) << exit.error().text();
  EXPECT_EQ(exit->code, 130) << read_text(lab.dir() / "log");
  const auto alive =
      run_program({"/bin/sh", "-c", "grep -qs '^State:.[^Z]' /proc/$(cat child)/status"}, lab.dir().path());
  EXPECT_NE(alive.exit.code, 0) << "what a step left behind was ended with it";
}

TEST(Status, ShowsWhatEachTargetRuns) {
  Lab lab({.regions = 2, .targets = 2});
  const auto before = lab.deployctl({"status", "deploy.yaml"});
  EXPECT_EQ(before.exit.code, 0) << before.err;
  EXPECT_THAT(before.out, HasSubstr("4 empty"));
  ASSERT_TRUE(deploy(lab, "v1"));
  const auto text = lab.deployctl({"status", "deploy.yaml"});
  EXPECT_EQ(text.exit.code, 0) << text.err;
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("4 targets, 4 healthy"), HasSubstr("deploy of v1: succeeded"), HasSubstr("r1 ")));
  const auto json = lab.deployctl({"status", "deploy.yaml", "--output", "json"});
  EXPECT_THAT(json.out, AllOf(StartsWith("{\"service\":"), HasSubstr("\"state\":\"succeeded\",\"progress\":{"),
                              HasSubstr("\"regions\":[{\"name\":\"r0\",\"targets\":[{\"host\":"),
                              HasSubstr("\"current\":\"v1\",\"health\":\"healthy\"")));
  const auto ledger = lab.deployctl({"status"});
  EXPECT_THAT(ledger.out, AllOf(HasSubstr("LAST ROLLOUT"), HasSubstr("succeeded")));
  const auto one = lab.deployctl({"status", newest_rollout(lab)});
  EXPECT_EQ(one.exit.code, 0);
  EXPECT_THAT(one.out, HasSubstr("succeeded"));
}

TEST(Status, AnUnreachableTargetIsAnAnswerAndNobodyAtAllIsNone) {
  Lab lab({.targets = 2});
  ASSERT_TRUE(deploy(lab, "v1"));
  lab.target(0, 1).stop();
  const auto one = lab.deployctl({"status", "deploy.yaml"});
  EXPECT_EQ(one.exit.code, 0) << one.err;
  EXPECT_THAT(one.out, AllOf(HasSubstr("1 healthy, 1 unreachable"), HasSubstr("refused")));
  lab.target(0, 0).stop();
  const auto none = lab.deployctl({"status", "deploy.yaml"});
  EXPECT_EQ(none.exit.code, 11);
  EXPECT_THAT(none.err, HasSubstr("none of 2 targets answered"));
}

TEST(History, ListsRolloutsNewestFirst) {
  Lab lab({.targets = 1});
  ASSERT_TRUE(deploy(lab, "v1"));
  ASSERT_TRUE(deploy(lab, "v2"));
  const auto text = lab.deployctl({"history", "deploy.yaml"});
  EXPECT_EQ(text.exit.code, 0) << text.err;
  EXPECT_LT(text.out.find("v1 to v2"), text.out.rfind("v1"));
  const auto last = lab.deployctl({"history", "deploy.yaml", "--limit", "1", "--output", "json"});
  EXPECT_THAT(last.out,
              AllOf(HasSubstr("\"version\":\"v2\",\"previous\":\"v1\""), Not(HasSubstr("\"version\":\"v1\""))));
}

TEST(History, WithoutALedgerTheTargetsTell) {
  Lab lab({.targets = 1});
  ASSERT_TRUE(deploy(lab, "v1"));
  const auto said = lab.deployctl({"history", "deploy.yaml"}, "another-state");
  EXPECT_EQ(said.exit.code, 0) << said.err;
  EXPECT_THAT(said.err, HasSubstr("asking the targets"));
  EXPECT_THAT(said.out, AllOf(HasSubstr("KEPT BY"), HasSubstr("v1")));
}

TEST(Logs, TellARolloutWithWhatItsHooksPrinted) {
  Lab lab({.targets = 2});
  const auto failed = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v4", "--yes"});
  ASSERT_NE(failed.exit.code, 0);
  const auto id = newest_rollout(lab);
  ASSERT_FALSE(id.empty());
  const auto text = lab.deployctl({"logs", id});
  EXPECT_EQ(text.exit.code, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("| this one does not start"), HasSubstr("staged")));
  const std::string target = lab.target(0, 0).host() + ":" + std::to_string(lab.target(0, 0).port());
  const auto one = lab.deployctl({"logs", id, "--target", target});
  EXPECT_THAT(one.out, AllOf(HasSubstr(target), Not(HasSubstr("rollout " + id))));
  const auto json = lab.deployctl({"logs", id, "--output", "json"});
  EXPECT_THAT(json.out, AllOf(StartsWith("{\"schema\":1,\"seq\":"), HasSubstr("\"event\":\"rollout_started\""),
                              HasSubstr("\"event\":\"rollout_finished\"")));
  const auto nobody = lab.deployctl({"logs", id, "--target", "nobody"});
  EXPECT_EQ(nobody.exit.code, 2);
  EXPECT_EQ(lab.deployctl({"logs", "r-0"}).exit.code, 2);
}

TEST(FleetPing, TellsWhoAnsweredAndInWhatWordsTheOthersDidNot) {
  Lab lab({.targets = 2});
  const auto all = lab.deployctl({"fleet", "ping", "deploy.yaml"});
  EXPECT_EQ(all.exit.code, 0) << all.out << all.err;
  EXPECT_THAT(all.out, AllOf(HasSubstr("relay"), ContainsRegex("target +[^\n]* deploy-agent [0-9.]+ by relay")));
  EXPECT_THAT(all.err, HasSubstr("3 of 3 hosts answered"));
  lab.target(0, 1).stop();
  const auto some = lab.deployctl({"fleet", "ping", "deploy.yaml", "--output", "json"});
  EXPECT_EQ(some.exit.code, 8) << some.out << some.err;
  EXPECT_THAT(some.out, AllOf(HasSubstr("\"answered\":false"), HasSubstr("\"code\":\"unreachable\"")));
  lab.relay(0).stop();
  EXPECT_EQ(lab.deployctl({"fleet", "ping", "deploy.yaml"}).exit.code, 11);
}

TEST(FleetList, ResolvesWhatThePlanSelectsWithoutANetwork) {
  Lab lab({.regions = 2, .targets = 2});
  lab.relay(0).stop();
  const auto text = lab.deployctl({"fleet", "list", "deploy.yaml"});
  EXPECT_EQ(text.exit.code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("2 regions, 2 relays, 4 targets"));
  const auto json = lab.deployctl({"fleet", "list", "deploy.yaml", "--output", "json"});
  EXPECT_THAT(json.out,
              AllOf(HasSubstr("\"regions\":[{\"name\":\"r0\",\"relays\":[{\"host\":"), HasSubstr("\"labels\":{")));
}

TEST(Artifact, IsListedShownVerifiedExportedAndSwept) {
  Lab lab({.targets = 1});
  ASSERT_TRUE(deploy(lab, "v1"));
  ASSERT_EQ(lab.deployctl({"build", "deploy.yaml", "--ref", "v2"}).exit.code, 0);
  const auto list = lab.deployctl({"artifact", "list"});
  EXPECT_EQ(list.exit.code, 0);
  EXPECT_LT(list.out.find("v2"), list.out.find("v1")) << list.out;
  EXPECT_THAT(lab.deployctl({"artifact", "show", "v1"}).out, HasSubstr("PATH"));
  EXPECT_THAT(lab.deployctl({"artifact", "show", "v1", "--output", "json"}).out, HasSubstr("\"entries\":[{\"path\":"));
  EXPECT_EQ(lab.deployctl({"artifact", "verify", "v1"}).exit.code, 0);
  EXPECT_EQ(lab.deployctl({"artifact", "export", "v1", "out"}).exit.code, 0);
  EXPECT_EQ(lab.deployctl({"artifact", "export", "v1", "out"}).exit.code, 2) << "a folder that is there is left alone";
  const auto unknown = lab.deployctl({"artifact", "show", "v77"});
  EXPECT_EQ(unknown.exit.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("artifact list"));

  const auto swept = lab.deployctl({"artifact", "gc", "--keep", "0"});
  EXPECT_EQ(swept.exit.code, 0) << swept.err;
  const auto left = lab.deployctl({"artifact", "list", "--output", "json"});
  EXPECT_THAT(left.out, HasSubstr("\"version\":\"v1\"")) << "it runs on the targets";
  EXPECT_THAT(left.out, Not(HasSubstr("\"version\":\"v2\"")));
}

TEST(Artifact, ADamagedOneIsToldWithTen) {
  Lab lab({.targets = 1});
  ASSERT_EQ(lab.deployctl({"build", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
  const auto spoil = run_program({"/bin/sh", "-c",
                                  "f=$(ls -S $(find state/store/blobs -type f) | head -1); chmod u+w $f; printf x | dd "
                                  "of=$f conv=notrunc status=none"},
                                 lab.dir().path());
  ASSERT_EQ(spoil.exit.code, 0) << spoil.err;
  const auto said = lab.deployctl({"artifact", "verify", "v1"});
  EXPECT_EQ(said.exit.code, 10) << said.out << said.err;
}

}  // namespace

TEST(Output, AReaderThatWentAwayDoesNotChangeTheExitCode) {
  Lab lab;
  ASSERT_TRUE(deploy(lab, "v1"));
  ASSERT_TRUE(deploy(lab, "v2"));
  const auto said = lab.paste("deployctl rollback deploy.yaml | head -1; exit ${PIPESTATUS[0]}");
  EXPECT_EQ(said.exit.code, 0) << said.err;
  EXPECT_THAT(said.err, Not(HasSubstr("write the answer")));
  EXPECT_TRUE(eventually([&] { return lab.all_run("v1"); }));
}

TEST(Detach, TakesAPlanBehindTheEndOfOptionsAndSaysWhatIsWrong) {
  Lab lab;
  const auto begun = lab.deployctl({"deploy", "--ref", "v1", "--detach", "--", "deploy.yaml"});
  ASSERT_EQ(begun.exit.code, 0) << begun.out << begun.err;
  const auto commands = begun.err.substr(begun.err.rfind("next: ") + 6);
  EXPECT_EQ(lab.paste(commands).exit.code, 0) << commands;
  EXPECT_TRUE(eventually([&] { return lab.all_run("v1"); }));
  const auto wrong = lab.deployctl({"deploy", "--detach", "--", "no-such.yaml"});
  EXPECT_EQ(wrong.exit.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("no-such.yaml"));
  const auto options = lab.deployctl({"deploy", "--detach", "--", "deploy.yaml", "--ref", "v1"});
  EXPECT_EQ(options.exit.code, 2);
  EXPECT_THAT(options.err, HasSubstr("unexpected argument '--ref' behind `--`"));
}

TEST(Plans, ThroughAPipeAreDeployedAndResumedById) {
  Lab lab;
  // Paths of a plan are taken from its folder, which a pipe has none of.
  std::string plan = read_text(lab.dir() / "deploy.yaml");
  plan.replace(plan.find("fleet: fleet.yaml"), 17, "fleet: " + (lab.dir() / "fleet.yaml"));
  plan.replace(plan.find("repo: toy.git"), 13, "repo: " + (lab.dir() / "toy.git"));
  plan += "  waves:\n    - {name: canary, regions: [r0], targets: 1, pause: true}\n    - {name: rest, regions: all}\n";
  lab.dir().write("piped.yaml", plan);
  const auto rests = lab.paste("deployctl deploy <(cat piped.yaml) --ref v2");
  ASSERT_EQ(rests.exit.code, 9) << rests.out << rests.err;
  EXPECT_THAT(rests.out + rests.err, Not(HasSubstr("/dev/fd")));
  const auto at = rests.err.find("next: deployctl resume r-");
  ASSERT_NE(at, std::string::npos) << rests.err;
  const auto pasted = lab.paste(rests.err.substr(at + 6, rests.err.find('\n', at) - at - 6));
  EXPECT_EQ(pasted.exit.code, 0) << pasted.out << pasted.err;
  EXPECT_TRUE(eventually([&] { return lab.all_run("v2"); }));
}
