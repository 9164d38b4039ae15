#include "cli/output/progress_layout.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cli/story.hpp"

namespace deployctl::output {
namespace {

using namespace std::chrono_literals;

Board under_way() {
  Board board;
  board.take(started());
  board.take(event("wave_started", {.body = R"({"targets":4})", .wave = "world"}));
  board.take(about_target("target_active", "eu-west", "10.1.0.11"));
  board.take(about_target("target_activating", "eu-west", "10.1.0.12"));
  board.take(about_target("target_step", "eu-west", "10.1.0.12", R"({"step":"start","state":"begun"})"));
  board.take(about_target("target_staging", "us", "10.2.0.11", R"({"received":6000000,"total":20000000})"));
  board.take(about_target("target_unreachable", "us", "10.2.0.12"));
  return board;
}

Moment at_80_s() { return {80s, 2e6, {}}; }

TEST(Progress, ShowsRegionsAndWhatMovesAt80Columns) {
  EXPECT_EQ(text_of(progress(under_way(), at_80_s(), {80, 24, true})),
            "redis 7.2.4  wave 2/2 world  1 of 5 active  1 unreachable  1 min 20 s\n"
            "eu-west  █████████▒▒▒▒▒▒▒▒▒········  1/3  1 activating\n"
            "us       ▒▒▒▒▒▒▒▒▒▒▒▒▒?????????????  0/2  1 staging  1 unreachable\n"
            "  10.1.0.12  activating: start\n"
            "  10.2.0.11  staging 30%  6.0 MB of 20.0 MB\n"
            "staging 6.0 MB of 20.0 MB  2.0 MB/s  7 s left\n");
}

TEST(Progress, IsRightAt40ColumnsInAscii) {
  EXPECT_EQ(text_of(progress(under_way(), at_80_s(), {40, 24, false})),
            "redis 7.2.4  wave 2/2 world\n"
            "1 of 5 active  1 unreachable\n"
            "1 min 20 s\n"
            "eu-west  ====>>>>>----  1/3\n"
            "us       >>>>>>>??????  0/2  1 staging\n"
            "  10.1.0.12  activating: start\n"
            "  10.2.0.11  staging 30%  6.0 MB of 20~\n"
            "staging 6.0 MB of 20.0 MB  2.0 MB/s\n"
            "7 s left\n");
}

TEST(Progress, TellsHowLongItStillBakes) {
  Board board = under_way();
  board.take(about_target("target_active", "us", "10.2.0.11"));
  board.take(about_target("target_active", "eu-west", "10.1.0.12"));
  board.take(event("wave_baking", {.body = R"({"seconds":600})", .wave = "world"}));
  EXPECT_EQ(*board.baking, 10min);
  EXPECT_EQ(text_of(progress(board, {80s, 0, 552s}, {80, 24, true})),
            "redis 7.2.4  wave 2/2 world  3 of 5 active  1 unreachable  1 min 20 s\n"
            "eu-west  █████████████████·········  2/3\n"
            "us       █████████████?????????????  1/2  1 unreachable\n"
            "baking: 9 min 12 s left\n");
}

TEST(Progress, ShowsTheWayBack) {
  Board board = under_way();
  board.take(about_target("target_failed", "eu-west", "10.1.0.12"));
  board.take(event("rollback_started"));
  board.take(about_target("target_reverting", "eu-west", "10.1.0.11"));
  board.take(about_target("target_reverted", "us", "10.2.0.11"));
  EXPECT_EQ(text_of(progress(board, {80s, 0, {}}, {80, 24, false})),
            "redis 7.2.4  rolling back  1 taken back  1 failed  1 unreachable  1 min 20 s\n"
            "eu-west  >>>>>>>>>xxxxxxxxx--------  0/3  1 reverting  1 failed\n"
            "us       <<<<<<<<<<<<<?????????????  0/2  1 reverted  1 unreachable\n"
            "  10.1.0.11  reverting\n");
}

TEST(Progress, ShowsABuildWithItsLastLine) {
  Board board;
  board.take(event("build_started"));
  board.take(event("build_step", {.body = R"({"step":"make -j2","number":3,"of":4})"}));
  board.take(event("build_output", {.body = R"({"text":"CC a.o\nCC b.o\n"})"}));
  EXPECT_EQ(text_of(progress(board, {12s, 0, {}}, {80, 24, true})),
            "build redis 7.2.4  step 3/4  make -j2  12 s\n  CC b.o\n");
  board.take(event("build_finished"));
  EXPECT_TRUE(progress(board, {12s, 0, {}}, {80, 24, true}).empty());
}

Board with_regions(std::size_t regions, std::size_t moving) {
  Board board;
  board.take(event("rollout_started"));
  for (std::size_t r = 0; r < regions; ++r)
    for (std::size_t t = 0; t < moving; ++t)
      board.take(about_target("target_activating", ("region-" + std::to_string(r)).c_str(), std::to_string(t).c_str()));
  return board;
}

TEST(Progress, ManyTargetsAreFoldedIntoCounts) {
  const auto lines = progress(with_regions(2, 1000), {1s, 0, {}}, {80, 24, true});
  EXPECT_EQ(text_of(lines),
            "redis 7.2.4  0 of 2,000 active  1 s\n"
            "region-0  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒      0/1,000  1,000 activating\n"
            "region-1  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒      0/1,000  1,000 activating\n");
}

TEST(Progress, ManyRegionsAreFoldedAndTroubleComesFirst) {
  Board board = with_regions(40, 2);
  board.take(about_target("target_failed", "region-33", "1"));
  const auto lines = progress(board, {1s, 0, {}}, {80, 12, true});
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_NE(lines[1].text().find("region-33"), std::string::npos);
  EXPECT_NE(lines[2].text().find("region-0 "), std::string::npos);
  EXPECT_EQ(lines[7].text(), "and 34 more regions  0/68");
}

TEST(Progress, FitsWhateverScreen) {
  for (const auto& board : {under_way(), with_regions(40, 3), with_regions(1, 30), Board()})
    for (std::size_t width = 0; width < 130; width += width < 50 ? 1 : 13)
      for (std::size_t height : {0, 1, 5, 24, 200})
        for (const bool utf8 : {false, true}) {
          const auto lines = progress(board, at_80_s(), {width, height, utf8});
          EXPECT_LE(lines.size(), 18u);
          EXPECT_TRUE(width < 40 || height < 24 || lines.size() <= 2 * height / 3);
          for (const auto& line : lines) ASSERT_LE(line.columns(), std::max<std::size_t>(width, 10) - 1);
        }
}

TEST(Bar, FillsItsWidthAndHidesNoShare) {
  const auto draw = [](std::size_t done, std::size_t bad, std::size_t rest, std::size_t width) {
    return bar({{done, Tone::good, "█", "="}, {bad, Tone::bad, "x", "x"}, {rest, Tone::dim, "·", "-"}}, width, false)
        .text();
  };
  EXPECT_EQ(draw(5, 0, 5, 10), "=====-----");
  EXPECT_EQ(draw(99'999, 1, 0, 10), "=========x");
  EXPECT_EQ(draw(1, 1, 100'000, 10), "=x--------");
  EXPECT_EQ(draw(0, 0, 0, 4), "    ");
  for (std::size_t width = 0; width < 20; ++width) EXPECT_EQ(draw(3, 1, 7, width).size(), width);
}

}  // namespace
}  // namespace deployctl::output
