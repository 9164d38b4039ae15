#include "cli/output/summary.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cli/story.hpp"

namespace deployctl::output {
namespace {

Board ended(const std::string& result, std::optional<Error> error = {}, const char* kind = "deploy") {
  Board board;
  board.take(
      event("rollout_started", {.body = std::string(R"({"kind":")") + kind + R"(","previous":"7.2.3","targets":1})"}));
  board.take(about_target("target_active", "eu", "a"));
  board.take(finished(result, std::move(error)));
  return board;
}

// Each advice by its name, so that a test says which was chosen; how it is written is cli/commands' business.
std::string named(const rollout::Advice& advice) {
  using Kind = rollout::Advice::Kind;
  switch (advice.kind) {
    case Kind::resume:
      return "resume " + advice.about;
    case Kind::approve:
      return "approve " + advice.about;
    case Kind::logs:
      return "logs " + advice.about;
    case Kind::status:
      return "status";
    case Kind::converge:
      return "converge";
    case Kind::roll_back_to:
      return "rollback to " + advice.about;
    default:
      return "something else";
  }
}

std::string first_line(const Board& board) { return summary(board, {.command_for = named}).front().text(); }

std::string steps(const Board& board) {
  std::string out;
  for (const auto& line : summary(board, {.command_for = named}))
    if (const auto text = line.text(); text.starts_with("next: ") || text.starts_with("then: ")) out += text + "\n";
  return out;
}

Board failed_after(std::uint64_t changed, const char* hook = nullptr) {
  Board board;
  board.take(event("rollout_started", {.body = R"({"kind":"deploy","previous":"7.2.3","targets":1})"}));
  if (hook) {
    auto ended_hook = event("hook_finished", {.body = std::string(R"({"hook":")") + hook + "\"}"});
    ended_hook.error = error(Code::hook_failed, "exit status 1");
    board.take(ended_hook);
  }
  if (changed) board.take(about_target("target_active", "eu", "a"));
  board.take(event("rollout_finished",
                   {.body = R"({"result":"failed","previous":"7.2.3","changed":)" + std::to_string(changed) + "}"}));
  return board;
}

TEST(Summary, SaysNothingBeforeTheEnd) {
  Board board;
  EXPECT_TRUE(summary(board, {}).empty());
  board.take(started());
  EXPECT_TRUE(summary(board, {}).empty());
}

TEST(Summary, OfASuccessIsShort) {
  EXPECT_EQ(text_of(summary(ended("succeeded"), {})),
            "redis 7.2.4 is active everywhere, in 2 min 05 s\n20.4 MB sent from here\n");
}

TEST(Summary, NamesTheNextStepOfEachEnd) {
  EXPECT_EQ(steps(ended("succeeded")), "");
  EXPECT_EQ(steps(ended("incomplete")), "next: converge\n");
  EXPECT_EQ(steps(ended("incomplete", {}, "rollback")), "next: rollback to 7.2.4\n");
  EXPECT_EQ(steps(ended("rolled_back")), "next: logs r-1\n");
  EXPECT_EQ(steps(ended("failed", {}, "rollback")), "next: status\nthen: rollback to 7.2.4\n");
  EXPECT_EQ(steps(ended("paused")), "next: resume r-1\n");
  EXPECT_EQ(steps(ended("superseded")), "next: status\n");
  EXPECT_EQ(steps(ended("some_new_word")), "next: status\n");
}

TEST(Summary, ARollbackIsAdvisedOnlyWhereTheDeployChangedSomething) {
  EXPECT_EQ(steps(failed_after(1)), "next: status\nthen: rollback to 7.2.3\n");
  EXPECT_EQ(steps(failed_after(0)), "next: status\n");
  EXPECT_EQ(steps(ended("failed")), "next: status\n") << "an older deployctl did not count what it changed";
  EXPECT_EQ(steps(failed_after(0, "pre_deploy")), "next: status\n");
  EXPECT_EQ(steps(failed_after(1, "post_deploy")), "next: status\n") << "the targets are well";
}

TEST(Summary, AFailureThatChangedNothingSaysSo) {
  EXPECT_EQ(first_line(failed_after(0)),
            "redis 7.2.4 failed after less than 1 s; every target runs what it ran before");
  EXPECT_EQ(first_line(failed_after(1)), "redis 7.2.4 failed after less than 1 s");
  EXPECT_EQ(first_line(failed_after(1, "post_deploy")),
            "redis 7.2.4 is active everywhere after less than 1 s, but post_deploy failed");
}

TEST(Summary, OneThatRestsBeforeAnApprovalNamesIt) {
  Board board;
  board.take(started());
  board.take(event("rollout_waiting", {.body = R"({"for":"approval","message":"wave 'all'"})"}));
  board.take(finished("paused"));
  EXPECT_EQ(steps(board), "next: approve r-1\nthen: resume r-1\n");
}

TEST(Summary, WithoutACommandLineNoNextStepIsShown) {
  const auto lines =
      summary(ended("incomplete"), {.command_for = [](const rollout::Advice&) { return std::string(); }});
  for (const auto& line : lines) EXPECT_EQ(line.text().find("next:"), std::string::npos);
}

TEST(Summary, TellsAnInterruptionFromAnAbort) {
  EXPECT_EQ(first_line(ended("aborted")), "redis 7.2.4 was aborted after 2 min 05 s");
  const auto interrupted = ended("aborted", error(Code::cancelled, "interrupted"));
  EXPECT_EQ(first_line(interrupted), "redis 7.2.4 was interrupted after 2 min 05 s");
  EXPECT_EQ(steps(interrupted), "next: resume r-1\n");
  EXPECT_EQ(steps(ended("aborted", error(Code::cancelled, "interrupted"), "rollback")), "next: resume r-1\n");
}

TEST(Summary, OnANarrowTerminalCountsAreWords) {
  Board board;
  board.take(started());
  board.take(about_target("target_active", "eu-west", "a"));
  board.take(about_target("target_failed", "eu-west", "b", "{}", error(Code::hook_failed, "exit status 1")));
  board.take(about_target("target_unreachable", "us", "c", "{}", error(Code::unreachable, "no route")));
  board.take(finished("failed"));
  EXPECT_EQ(text_of(summary(board, {.command_for = named, .width = 40})),
            "redis 7.2.4 failed after 2 min 05 s\n"
            "eu-west  3 targets  1 active  1 failed\n"
            "1 untouched\n"
            "us  2 targets  1 unreachable\n"
            "1 untouched\n"
            "failed  eu-west  b  exit status 1\n"
            "unreachable  us  c  no route\n"
            "20.4 MB sent from here\n"
            "next: status\n");
}

TEST(Summary, OneCauseIsReportedOnceWithTheTargetsThatHaveIt) {
  Board board;
  board.take(started());
  const auto full = [](const char* bytes) {
    return with_hint(
        error(Code::no_space, std::string("in /srv, where ") + bytes + " MB are free: the release needs 20.0 MB"),
        "on the target: df -h /srv");
  };
  board.take(about_target("target_failed", "eu-west", "a", "{}", full("1.2")));
  board.take(about_target("target_failed", "us", "b", "{}", full("3.4")));
  board.take(about_target("target_failed", "us", "c", "{}", error(Code::hook_failed, "exit status 1")));
  board.take(finished(
      "failed",
      error(Code::no_space,
            "3 targets failed, max_failed is 0: a: in /srv, where 1.2 MB are free: the release needs 20.0 MB")));
  const auto text = text_of(summary(board, {}));
  EXPECT_NE(text.find("  3 targets failed, max_failed is 0\n"), std::string::npos) << text;
  EXPECT_NE(
      text.find("failed  2 regions  2 targets  in /srv, where 1.2 MB are free: the release needs 20.0 MB: a, b\n"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("failed  us         c          exit status 1\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("df -h"), text.rfind("df -h")) << text;
}

TEST(Summary, ACleanupThatFailedIsAWarningAlsoAfterASuccess) {
  Board board;
  board.take(started());
  const char* body =
      R"({"message":"old releases could not be removed: remove /srv/app/releases/.removing-v1/x: Operation not permitted"})";
  for (const char* name : {"a", "b"}) {
    board.take(about_target("target_active", "eu-west", name));
    board.take(about_target("target_cleanup_failed", "eu-west", name, body));
  }
  board.take(finished("succeeded"));
  const auto text = text_of(summary(board, {}));
  EXPECT_NE(text.find("warning: on a, b old releases could not be removed: remove /srv/app/releases/.removing-v1/x: "
                      "Operation not permitted\n"),
            std::string::npos)
      << text;
}

TEST(Summary, AReasonDoesNotRepeatTheNameOfItsTarget) {
  Board board;
  board.take(started());
  board.take(about_target("target_unreachable", "us", "10.2.0.1", "{}",
                          error(Code::unreachable, "10.2.0.1: 10.2.0.1: connect: refused")));
  board.take(finished("incomplete"));
  EXPECT_NE(text_of(summary(board, {})).find("unreachable  us  10.2.0.1  connect: refused\n"), std::string::npos);
}

TEST(Summary, NamesTwentyOfAThousandAndCountsTheRest) {
  Board board;
  for (int i = 0; i < 1000; ++i)
    board.take(about_target("target_stuck", "eu", std::to_string(i).c_str(), "{}", error(Code::internal, "why")));
  board.take(finished("failed"));
  const auto text = text_of(summary(board, {}));
  EXPECT_NE(text.find("stuck  eu  1,000 targets  why: 0, 1, 2, "), std::string::npos);
  EXPECT_NE(text.find(", 18, 19 and 980 more\n"), std::string::npos);
}

}  // namespace
}  // namespace deployctl::output
