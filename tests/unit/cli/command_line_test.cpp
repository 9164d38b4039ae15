#include "cli/commands/command_line.hpp"

#include <gmock/gmock.h>

#include "cli/parse/help.hpp"

using namespace deployctl;
using namespace deployctl::cli;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

struct CommandLine : ::testing::Test {
  struct {
    std::string plan, ref, dir;
    bool fresh = false;
    unsigned keep = 5;
    std::vector<std::string> only;
  } options;
  std::vector<Command> commands{
      {"build", "make it",
       [this](Arguments& a) {
         a.positional("PLAN", options.plan, "the release plan");
         a.option("--ref", "REF", options.ref, "this ref");
         a.flag("--fresh", options.fresh, "not from the cache");
         a.number("--keep", "N", options.keep, "so many");
         a.list("--only", "NAME", options.only, "only these");
       },
       [](Context&) { return 0; }},
      {"init", "begin", [this](Arguments& a) { a.optional_positional("DIR", options.dir, "where"); },
       [](Context&) { return 0; }},
      {"fleet",
       "of targets",
       {},
       {},
       {{"list", "list them", {}, [](Context&) { return 0; }}, {"ping", "log in", {}, [](Context&) { return 0; }}}},
  };
  Request parse(const std::vector<std::string>& words) { return parse_command_line(words, commands); }
  std::string mistake(const std::vector<std::string>& words) {
    const auto request = parse(words);
    return request.mistake ? request.mistake->message : "no mistake";
  }
};

TEST_F(CommandLine, FillsTheOptionsOfTheCommandNamed) {
  const auto request =
      parse({"build", "--ref", "v2", "deploy.yaml", "--fresh", "--keep=7", "--only", "a", "--only", "b"});
  ASSERT_FALSE(request.mistake) << request.mistake->text();
  EXPECT_EQ(request.path, "build");
  EXPECT_EQ(options.plan, "deploy.yaml");
  EXPECT_EQ(options.ref, "v2");
  EXPECT_TRUE(options.fresh);
  EXPECT_EQ(options.keep, 7u);
  EXPECT_THAT(options.only, ElementsAre("a", "b"));
}

TEST_F(CommandLine, TheLastOfAnOptionGivenTwiceCounts) {
  ASSERT_FALSE(parse({"build", "p", "--ref", "a", "--ref", "b"}).mistake);
  EXPECT_EQ(options.ref, "b");
}

TEST_F(CommandLine, TakesTheOptionsOfEverywhereBeforeAndAfterTheCommand) {
  const auto request =
      parse({"--output", "json", "-v", "--set", "a=1", "fleet", "-q", "ping", "--set", "b=2", "-vv", "--state", "/s"});
  ASSERT_FALSE(request.mistake) << request.mistake->text();
  EXPECT_EQ(request.path, "fleet ping");
  EXPECT_TRUE(request.globals.json());
  EXPECT_TRUE(request.globals.quiet);
  EXPECT_EQ(request.globals.verbose, 3u);
  EXPECT_EQ(request.globals.state, "/s");
  EXPECT_THAT(request.globals.set, ElementsAre("a=1", "b=2"));
}

TEST_F(CommandLine, APositionalMayBeNamedAsACommandIs) {
  ASSERT_FALSE(parse({"init", "build"}).mistake);
  EXPECT_EQ(options.dir, "build");
  ASSERT_FALSE(parse({"build", "--", "-odd-name"}).mistake);
  EXPECT_EQ(options.plan, "-odd-name");
}

TEST_F(CommandLine, AnUnknownWordGetsTheNearestKnownOne) {
  EXPECT_EQ(mistake({"biuld", "x"}), "unknown command 'biuld'; did you mean 'build'?");
  EXPECT_EQ(mistake({"fleet", "pong"}), "unknown command 'fleet pong'; did you mean 'ping'?");
  EXPECT_EQ(mistake({"build", "--frehs", "x"}), "unknown option '--frehs'; did you mean '--fresh'?");
  EXPECT_EQ(mistake({"--ouput=json", "build", "x"}), "unknown option '--ouput'; did you mean '--output'?");
  EXPECT_EQ(mistake({"build", "x", "--output", "jsn"}), "--output: unknown value 'jsn'; did you mean 'json'?");
  EXPECT_EQ(mistake({"zzz"}), "unknown command 'zzz'");
}

TEST_F(CommandLine, AnEmptyWordAndAnotherCommandsOptionAreOrdinaryMistakes) {
  EXPECT_EQ(mistake({""}), "unknown command ''");
  EXPECT_EQ(mistake({"doctor"}), "unknown command 'doctor'");
  EXPECT_EQ(mistake({"fleet", "bootstrap", "p"}), "unknown command 'fleet bootstrap'");
  EXPECT_EQ(mistake({"build", "p", "--wait=5m"}), "unknown option '--wait'");
  EXPECT_EQ(mistake({"build", "p", "--detach"}), "unknown option '--detach'");
}

TEST_F(CommandLine, TheBeginningOfOneKnownWordIsEnoughToSuggestIt) {
  EXPECT_EQ(mistake({"bu"}), "unknown command 'bu'; did you mean 'build'?");
  EXPECT_EQ(mistake({"fleet", "pi"}), "unknown command 'fleet pi'; did you mean 'ping'?");
  EXPECT_EQ(mistake({"build", "--fres", "x"}), "unknown option '--fres'; did you mean '--fresh'?");
  EXPECT_EQ(mistake({"build", "--f", "x"}), "unknown option '--f'") << "--fresh and --fleet begin so";
}

TEST_F(CommandLine, NothingBehindTheEndOfOptionsIsAnOption) {
  EXPECT_EQ(mistake({"build", "--", "p", "--ref", "v2"}), "unexpected argument '--ref' behind `--`");
  EXPECT_EQ(parse({"build", "--", "p", "--fresh"}).mistake->hint, "options go before `--`");
  EXPECT_EQ(mistake({"build", "--ref", "v2", "--", "p"}), "no mistake");
}

TEST_F(CommandLine, SaysWhatIsMissingAndWhatIsTooMuch) {
  EXPECT_EQ(mistake({"build"}), "`deployctl build` needs PLAN, the release plan");
  EXPECT_EQ(mistake({"init", "a", "b"}), "`deployctl init` takes no 'b'");
  EXPECT_EQ(mistake({"build", "p", "--ref"}), "--ref needs a value: --ref REF");
  EXPECT_EQ(mistake({"build", "p", "--keep", "five"}), "--keep: 'five' is not a whole number");
  EXPECT_EQ(mistake({"build", "p", "--keep", "-1"}), "--keep: '-1' is not a whole number");
  EXPECT_EQ(mistake({"fleet"}), "which `deployctl fleet` command?");
  EXPECT_EQ(mistake({"--quiet"}), "which command?");
  EXPECT_EQ(parse({"build"}).mistake->hint, "`deployctl build --help` shows what there is");
}

TEST_F(CommandLine, HelpNeedsNothingElse) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"build", "--help"}, {"build", "-h"}, {"help", "build"}, {"build", "--ref", "x", "--help"}}) {
    const auto request = parse(words);
    ASSERT_FALSE(request.mistake) << words[0] << ": " << request.mistake->text();
    EXPECT_THAT(request.text, HasSubstr("usage: deployctl build [OPTIONS] PLAN"));
    EXPECT_THAT(request.text, HasSubstr("--ref REF"));
    EXPECT_THAT(request.text, HasSubstr("--output FORMAT"));
  }
  EXPECT_THAT(parse({"--help"}).text, HasSubstr("fleet ping"));
  EXPECT_THAT(parse({"fleet", "--help"}).text, HasSubstr("usage: deployctl fleet COMMAND"));
  EXPECT_EQ(parse({"--version"}).text, version_line() + "\n");
}

}  // namespace
