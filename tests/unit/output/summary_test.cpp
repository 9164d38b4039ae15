#include "cli/output/summary.hpp"

#include <gtest/gtest.h>

#include "tests/unit/output/story.hpp"

namespace deployctl::output {
namespace {

Board ended(const std::string& result, std::optional<Error> error = {}, const char* kind = "deploy") {
  Board board;
  board.take(event("rollout_started", {.body = std::string(R"({"kind":")") + kind + R"(","previous":"7.2.3","targets":1})"}));
  board.take(about_target("target_active", "eu", "a"));
  board.take(finished(result, std::move(error)));
  return board;
}

std::string first_line(const Board& board) { return summary(board, {.plan = "p.yaml"}).front().text(); }
std::string last_line(const Board& board) { return summary(board, {.plan = "p.yaml"}).back().text(); }

TEST(Summary, SaysNothingBeforeTheEnd) {
  Board board;
  EXPECT_TRUE(summary(board, {}).empty());
  board.take(started());
  EXPECT_TRUE(summary(board, {}).empty());
}

TEST(Summary, OfASuccessIsShort) {
  EXPECT_EQ(text_of(summary(ended("succeeded"), {})), "redis 7.2.4 is active everywhere, in 2 min 05 s\n20.4 MB sent from here\n");
}

TEST(Summary, NamesTheNextStepOfEachEnd) {
  EXPECT_EQ(last_line(ended("incomplete")), "next: deployctl deploy p.yaml  (brings the others along once they answer)");
  EXPECT_EQ(last_line(ended("incomplete", {}, "rollback")),
            "next: deployctl rollback p.yaml  (brings the others along once they answer)");
  EXPECT_EQ(last_line(ended("rolled_back")), "next: deployctl logs r-1");
  EXPECT_EQ(last_line(ended("failed")), "next: deployctl status p.yaml, then deployctl rollback p.yaml");
  EXPECT_EQ(last_line(ended("failed", {}, "rollback")), "next: deployctl status p.yaml");
  EXPECT_EQ(last_line(ended("paused")), "next: deployctl resume r-1  (goes on where it stopped)");
  EXPECT_EQ(last_line(ended("superseded")), "next: deployctl status p.yaml");
  EXPECT_EQ(last_line(ended("some_new_word")), "next: deployctl status p.yaml");
}

TEST(Summary, TellsAnInterruptionFromAnAbort) {
  EXPECT_EQ(first_line(ended("aborted")), "redis 7.2.4 was aborted after 2 min 05 s");
  const auto interrupted = ended("aborted", error(Code::cancelled, "interrupted"));
  EXPECT_EQ(first_line(interrupted), "redis 7.2.4 was interrupted after 2 min 05 s");
  EXPECT_EQ(last_line(interrupted), "next: deployctl deploy p.yaml  (goes on where this one stopped)");
}

TEST(Summary, OnANarrowTerminalCountsAreWords) {
  Board board;
  board.take(started());
  board.take(about_target("target_active", "eu-west", "a"));
  board.take(about_target("target_failed", "eu-west", "b", "{}", error(Code::hook_failed, "exit status 1")));
  board.take(about_target("target_unreachable", "us", "c", "{}", error(Code::unreachable, "no route")));
  board.take(finished("failed"));
  EXPECT_EQ(text_of(summary(board, {.plan = "p.yaml", .width = 40})),
            "redis 7.2.4 failed after 2 min 05 s\n"
            "eu-west  3 targets  1 active  1 failed\n"
            "1 untouched\n"
            "us  2 targets  1 unreachable\n"
            "1 untouched\n"
            "failed  eu-west  b  exit status 1\n"
            "unreachable  us  c  no route\n"
            "20.4 MB sent from here\n"
            "next: deployctl status p.yaml, then deployctl rollback p.yaml\n");
}

TEST(Summary, NamesTwentyOfAThousandAndCountsTheRest) {
  Board board;
  for (int i = 0; i < 1000; ++i) board.take(about_target("target_stuck", "eu", std::to_string(i).c_str(), "{}", error(Code::internal, "why")));
  board.take(finished("failed"));
  const auto text = text_of(summary(board, {}));
  EXPECT_NE(text.find("stuck  eu  19  why\n"), std::string::npos);
  EXPECT_EQ(text.find("stuck  eu  20  why\n"), std::string::npos);
  EXPECT_NE(text.find("and 980 more stuck\n"), std::string::npos);
}

}  // namespace
}  // namespace deployctl::output
