// Windows against the real zoneinfo of this machine.
#include "core/calendar/freezes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace deployctl;
using namespace deployctl::calendar;
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

namespace {

WallTime at(const std::string& text) { return parse_time(text).value(); }

model::FreezeWindow window(const std::string& from, const std::string& until, const std::string& zone = "UTC",
                           const std::string& reason = "") {
  model::FreezeWindow out{
      reason, model::FreezeMoment::parse(from).value(), model::FreezeMoment::parse(until).value(), zone, {}};
  EXPECT_TRUE(model::check_window(out));
  return out;
}

// When the freeze that is open ends; empty: none is open.
std::string end_at(const std::vector<model::FreezeWindow>& windows, const std::string& now) {
  const auto open = open_at(windows, at(now)).value();
  return open ? to_string(open->until) : "";
}

}  // namespace

TEST(Freezes, OfDatesBeginAndEndInTheirZone) {
  const std::vector windows{window("2026-12-20 16:00", "2027-01-03", "Europe/Berlin", "Christmas")};
  EXPECT_EQ(end_at(windows, "2026-12-20T14:59:59.999Z"), "");
  EXPECT_EQ(end_at(windows, "2026-12-20T15:00:00.000Z"), "2027-01-02T23:00:00.000Z");
  EXPECT_EQ(end_at(windows, "2027-01-02T22:59:59.999Z"), "2027-01-02T23:00:00.000Z");
  EXPECT_EQ(end_at(windows, "2027-01-02T23:00:00.000Z"), "");
  EXPECT_EQ(open_at(windows, at("2026-12-24T00:00:00.000Z")).value()->reason, "Christmas");
}

TEST(Freezes, OfAWeekComeAgainEveryWeek) {
  const std::vector windows{window("fri 16:00", "mon 08:00", "America/New_York")};
  EXPECT_EQ(end_at(windows, "2026-11-27T20:59:00.000Z"), "") << "friday, 15:59 there";
  EXPECT_EQ(end_at(windows, "2026-11-27T21:00:00.000Z"), "2026-11-30T13:00:00.000Z");
  EXPECT_EQ(end_at(windows, "2026-11-30T12:59:00.000Z"), "2026-11-30T13:00:00.000Z");
  EXPECT_EQ(end_at(windows, "2026-11-30T13:00:00.000Z"), "");
  EXPECT_EQ(end_at(windows, "2027-07-03T00:00:00.000Z"), "2027-07-05T12:00:00.000Z") << "their summer";
}

TEST(Freezes, OfAWeekMayLastUntilTheSameDay) {
  const std::vector windows{window("mon 10:00", "mon 08:00")};
  EXPECT_EQ(end_at(windows, "2026-11-30T09:00:00.000Z"), "");
  EXPECT_EQ(end_at(windows, "2026-11-30T10:00:00.000Z"), "2026-12-07T08:00:00.000Z");
}

TEST(Freezes, OfEveryDayCrossMidnight) {
  const std::vector windows{window("22:00", "06:00", "Asia/Tokyo")};
  EXPECT_EQ(end_at(windows, "2026-11-25T12:59:00.000Z"), "");
  EXPECT_EQ(end_at(windows, "2026-11-25T13:00:00.000Z"), "2026-11-25T21:00:00.000Z");
  EXPECT_EQ(end_at(windows, "2026-11-25T20:59:00.000Z"), "2026-11-25T21:00:00.000Z");
  EXPECT_EQ(end_at(windows, "2026-11-25T21:00:00.000Z"), "");
}

TEST(Freezes, FollowTheClocksWhenTheyAreMoved) {
  const std::vector skipped{window("02:30", "04:00", "Europe/Berlin")};  // 2027-03-28: from 2 to 3
  EXPECT_EQ(end_at(skipped, "2027-03-28T00:59:00.000Z"), "");
  EXPECT_EQ(end_at(skipped, "2027-03-28T01:00:00.000Z"), "2027-03-28T02:00:00.000Z");
  const std::vector twice{window("01:00", "02:30", "Europe/Berlin")};  // 2026-10-25: 2:30 comes twice
  EXPECT_EQ(end_at(twice, "2026-10-25T01:00:00.000Z"), "2026-10-25T01:30:00.000Z");
}

TEST(Freezes, ThatFollowOneAnotherAreOne) {
  const std::vector windows{window("fri 16:00", "sat"), window("sat", "mon 08:00"), window("mon 07:00", "mon 09:00")};
  EXPECT_EQ(end_at(windows, "2026-11-27T18:00:00.000Z"), "2026-11-30T09:00:00.000Z");
  const std::vector gap{window("fri 16:00", "sat"), window("sat 00:01", "sun")};
  EXPECT_EQ(end_at(gap, "2026-11-27T18:00:00.000Z"), "2026-11-28T00:00:00.000Z");
}

TEST(Freezes, NextAfterIsTheFirstThatOpens) {
  const std::vector windows{window("2026-12-20", "2027-01-03"), window("fri 16:00", "mon 08:00")};
  const auto now = at("2026-11-28T00:00:00.000Z");
  const auto next = next_after(windows, now, now + std::chrono::days(14)).value();
  ASSERT_TRUE(next);
  EXPECT_EQ(to_string(next->from), "2026-12-04T16:00:00.000Z");
  EXPECT_FALSE(next_after(windows, now, now + std::chrono::days(3)).value());
}

TEST(Freezes, OfNobodyAskForNoZone) { EXPECT_FALSE(open_at({}, WallTime{}).value()); }

TEST(Zones, ThatAreUnknownAreRefused) {
  EXPECT_TRUE(check_zone("Europe/Berlin"));
  const auto refused = check_zone("Europe/Berln");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("no time zone 'Europe/Berln'"));
  EXPECT_THAT(zone_names(), Contains("Asia/Tokyo"));
  EXPECT_TRUE(check_zone(local_zone()));
}

TEST(Zones, AMomentIsTheNextOfItsKind) {
  const auto now = at("2026-11-25T12:00:00.000Z");  // a wednesday
  const auto of = [&](const char* text, const char* zone) {
    return to_string(wall_of(model::FreezeMoment::parse(text).value(), zone, now).value());
  };
  EXPECT_EQ(of("13:00", "Europe/Berlin"), "2026-11-26T12:00:00.000Z") << "now is not after now";
  EXPECT_EQ(of("13:01", "Europe/Berlin"), "2026-11-25T12:01:00.000Z");
  EXPECT_EQ(of("wed 08:00", "UTC"), "2026-12-02T08:00:00.000Z");
  EXPECT_EQ(of("fri", "UTC"), "2026-11-27T00:00:00.000Z");
  EXPECT_EQ(of("2026-11-24 08:00", "UTC"), "2026-11-24T08:00:00.000Z") << "a date is that date, be it over";
  EXPECT_EQ(shown_in(now, "Europe/Berlin").value(), "2026-11-25 13:00 CET");
}
