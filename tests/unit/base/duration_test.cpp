#include "core/base/duration.hpp"

#include <gtest/gtest.h>

#include "core/base/clock.hpp"

using namespace deployctl;
using namespace std::chrono_literals;

TEST(Duration, ReadsWhatPlansWrite) {
  EXPECT_EQ(*parse_duration("500ms"), 500ms);
  EXPECT_EQ(*parse_duration("10s"), 10s);
  EXPECT_EQ(*parse_duration("5m"), 5min);
  EXPECT_EQ(*parse_duration("1h"), 1h);
  EXPECT_EQ(*parse_duration("0s"), 0s);
}

TEST(Duration, RefusesTheRest) {
  for (const auto* bad : {"", "10", "-5s", "1.5h", "5 m", "5d", "m", "99999999999999999999s", "9000h", "+5s"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
}

TEST(Duration, PrintsTheShortestExactForm) {
  EXPECT_EQ(to_string(Duration(120s)), "2m");
  EXPECT_EQ(to_string(Duration(90s)), "90s");
  EXPECT_EQ(to_string(Duration(1500ms)), "1500ms");
  EXPECT_EQ(to_string(Duration(0)), "0s");
}

TEST(WallTime, GoesThereAndBack) {
  const WallTime t(1'795'511'312'120ms);
  EXPECT_EQ(*parse_time(to_string(t)), t);
  EXPECT_FALSE(parse_time("yesterday"));
}

TEST(WallTime, BeforeNineteenSeventyIsWrittenAndReadAlike) {
  EXPECT_EQ(to_string(WallTime(-1ms)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(to_string(WallTime(-1000ms)), "1969-12-31T23:59:59.000Z");
  for (const auto ms : {-1ms, -999ms, -1000ms, -86'400'001ms, 0ms, 1ms}) {
    const WallTime t(ms);
    const auto back = parse_time(to_string(t));
    ASSERT_TRUE(back) << to_string(t);
    EXPECT_EQ(*back, t);
  }
}

TEST(WallTime, HasOneSpelling) {
  for (const auto* bad :
       {"2026-13-01T00:00:00.000Z", "2026-11-30T24:00:00.000Z", "2026-11-30T11:56:02.469Zx", " 026-11-30T11:56:02.469Z",
        "2026-11-30T11:56:02.-31Z", "2026-02-30T00:00:00.000Z", "2026-11-30T11:56:02.46Z"})
    EXPECT_FALSE(parse_time(bad)) << bad;
}
