// How an advice becomes a command line: which options it keeps, and how its words are quoted.
#include "cli/session/next_step.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "cli/commands/all_commands.hpp"
#include "cli/commands/command_line.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::cli;
using rollout::Advice;
using Kind = Advice::Kind;

namespace {

Invocation everything() {
  Invocation out;
  out.plan = "deploy.yaml";
  out.fleet = "other.yaml";
  out.state = "/var/state";
  out.set = {"a=1", "b=two words"};
  out.ref = "v2";
  out.override_freeze = "fix";
  return out;
}

const std::string shared = " --set a=1 --set 'b=two words' --fleet other.yaml --state /var/state";

}  // namespace

TEST(NextStep, KeepsEveryOptionThatDecidesWhatItIsAbout) {
  const auto one = everything();
  EXPECT_EQ(command_for({Kind::deploy_again}, one),
            "deployctl deploy deploy.yaml --ref v2 --override-freeze fix" + shared);
  EXPECT_EQ(command_for({Kind::deploy_ref, "v3"}, one),
            "deployctl deploy deploy.yaml --ref v3 --override-freeze fix" + shared);
  EXPECT_EQ(command_for({Kind::plan}, one), "deployctl plan deploy.yaml --ref v2" + shared);
  EXPECT_EQ(command_for({Kind::status}, one), "deployctl status deploy.yaml" + shared);
  EXPECT_EQ(command_for({Kind::converge}, one), "deployctl fleet converge deploy.yaml" + shared);
  EXPECT_EQ(command_for({Kind::roll_back_to, "v1"}, one), "deployctl rollback deploy.yaml --to v1" + shared);
  EXPECT_EQ(command_for({Kind::resume, "r-1"}, one), "deployctl resume r-1 --state /var/state")
      << "the ledger keeps the rest";
  EXPECT_EQ(command_for({Kind::watch, "r-1"}, one), "deployctl status --watch r-1 --state /var/state");
}

TEST(NextStep, OfAnArtifactOrAVersionKeepsIt) {
  Invocation one;
  one.plan = "p.yaml#web";
  one.artifact = "sha256:abc";
  EXPECT_EQ(command_for({Kind::deploy_again}, one), "deployctl deploy 'p.yaml#web' --artifact sha256:abc");
  EXPECT_EQ(command_for({Kind::deploy_ref, "v3"}, one), "deployctl deploy 'p.yaml#web' --ref v3")
      << "one of them says what to deploy";
  one.artifact.clear();
  one.version = "1.2";
  EXPECT_EQ(command_for({Kind::deploy_again}, one), "deployctl deploy 'p.yaml#web' --version 1.2");
}

// A bare rollback would be another thing.
TEST(NextStep, ThatIsNotKnownWellEnoughIsNone) {
  EXPECT_EQ(command_for({Kind::roll_back_to, ""}, everything()), "");
  EXPECT_EQ(command_for({Kind::resume, ""}, everything()), "");
  EXPECT_EQ(command_for({Kind::status}, Invocation{}), "");
  Invocation without_ledger = everything();
  without_ledger.has_ledger = false;
  EXPECT_EQ(command_for({Kind::resume, "r-1"}, without_ledger), "");
}

TEST(NextStep, NamesNoPathThatCantBePasted) {
  deployctl::testing::TempDir dir;
  const std::string pipe = dir / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const auto& path : {std::string("/dev/fd/63"), std::string("/dev/stdin"), std::string("/proc/self/fd/0"),
                           std::string("/dev/../dev/stdin"), pipe}) {
    Invocation one = everything();
    one.plan = path;
    EXPECT_EQ(command_for({Kind::deploy_again}, one), "") << path;
    EXPECT_NE(command_for({Kind::resume, "r-1"}, one), "") << "its id can be pasted";
    one = everything();
    one.fleet = path;
    EXPECT_EQ(command_for({Kind::roll_back_to, "v1"}, one), "") << path;
  }
}

TEST(NextStep, ShowsNoUrlThatMayHoldASecret) {
  Invocation one;
  one.plan = "p.yaml";
  one.notify = {"https://hooks.example/services/T0/B0/token", "https://user:token@host", "https://host?token=1",
                "http://127.0.0.1:8080", "{env: HOOK}"};
  EXPECT_EQ(command_for({Kind::roll_back_to, "v1"}, one),
            "deployctl rollback p.yaml --to v1 --notify http://127.0.0.1:8080 --notify '{env: HOOK}'");
}

TEST(NextStep, IsReadBackByAShellAndTheParserAsItWas) {
  for (const std::string odd : {"it's", "two words", "$HOME `x` \"y\"", "-dash", "tab\there", "line\nbreak",
                                "\x1b[31mred", "#no-comment", "a;b&c|d", "", "ümlaut", "~/x", "*?[a]"}) {
    Invocation one;
    one.plan = odd.empty() ? "p.yaml" : odd;
    one.ref = odd;
    one.set = {"k=" + odd};
    const auto command = command_for({Kind::deploy_again}, one);
    EXPECT_EQ(command.find('\n'), std::string::npos) << command;
    const auto said = deployctl::testing::check_program({"/bin/bash", "-c", "printf '%s\\0' " + command});
    std::vector<std::string> words;
    for (std::size_t at = 0; at < said.size(); at = said.find('\0', at) + 1)
      words.push_back(said.substr(at, said.find('\0', at) - at));
    words.erase(words.begin());
    const auto commands = all_commands();
    const auto request = parse_command_line(words, commands);
    ASSERT_FALSE(request.mistake) << command << ": " << request.mistake->text();
    EXPECT_EQ(request.globals.set, one.set) << command;
    EXPECT_EQ(words[1], odd.starts_with("-") ? "./" + odd : one.plan) << command;
  }
}
