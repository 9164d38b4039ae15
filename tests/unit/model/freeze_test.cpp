#include "core/model/freeze.hpp"

#include <gtest/gtest.h>

using namespace deployctl;
using model::FreezeMoment;

namespace {

// As it is written back; empty: refused.
std::string read(const std::string& text) {
  const auto moment = FreezeMoment::parse(text);
  return moment ? to_string(*moment) : "";
}

bool lies_between(const std::string& from, const std::string& until) {
  return model::check_window({"", FreezeMoment::parse(from).value(), FreezeMoment::parse(until).value()}).has_value();
}

}  // namespace

TEST(FreezeMoment, IsADateADayOrATime) {
  EXPECT_EQ(read("2026-12-20"), "2026-12-20 00:00");
  EXPECT_EQ(read("2026-12-20 16:05"), "2026-12-20 16:05");
  EXPECT_EQ(read("2026-12-20T16:05"), "2026-12-20 16:05");
  EXPECT_EQ(read("fri"), "fri 00:00");
  EXPECT_EQ(read("Friday 6:00"), "fri 06:00");
  EXPECT_EQ(read("tuesday"), "tue 00:00") << "its T is no separator";
  EXPECT_EQ(read("22:00"), "22:00");
  EXPECT_EQ(read("24:00"), "24:00");
}

TEST(FreezeMoment, IsNothingElse) {
  for (const char* text : {"",
                           " ",
                           "now",
                           "4h",
                           "2026-02-30",
                           "2026-13-01",
                           "26-12-20",
                           "2026-12-20 ",
                           "2026-12-20 25:00",
                           "2026-12-20 16",
                           "fri 16:60",
                           "fri  16:00",
                           "16:0",
                           "016:00",
                           "24:01",
                           "-1:00",
                           "+1:00",
                           "fr 16:00",
                           "fridays",
                           "16:00 fri",
                           "2026-12-20 16:00:00",
                           "::"})
    EXPECT_EQ(read(text), "") << text;
}

TEST(FreezeWindow, HasEndsOfOneKindAndSomethingBetween) {
  EXPECT_TRUE(lies_between("fri 16:00", "mon 08:00"));
  EXPECT_TRUE(lies_between("mon 16:00", "mon 08:00")) << "nearly a week";
  EXPECT_TRUE(lies_between("22:00", "06:00"));
  EXPECT_TRUE(lies_between("2026-12-20", "2026-12-20 00:01"));
  EXPECT_FALSE(lies_between("2026-12-20", "2026-12-20"));
  EXPECT_FALSE(lies_between("2026-12-20", "2026-12-19 23:59"));
  EXPECT_FALSE(lies_between("fri", "fri"));
  EXPECT_FALSE(lies_between("fri", "08:00"));
  EXPECT_FALSE(lies_between("2026-12-20", "fri"));
}
