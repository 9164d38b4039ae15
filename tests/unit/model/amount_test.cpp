#include "core/model/amount.hpp"

#include <gtest/gtest.h>

using deployctl::model::Amount;

TEST(Amount, ReadsCountsAndPercentages) {
  EXPECT_EQ(*Amount::parse("3"), (Amount{3, false}));
  EXPECT_EQ(*Amount::parse("25%"), (Amount{25, true}));
  EXPECT_EQ(*Amount::parse("0"), (Amount{0, false}));
  EXPECT_EQ(Amount::parse("100%")->text(), "100%");
}

TEST(Amount, RefusesTheRest) {
  for (const auto* bad : {"", "%", "101%", "-1", "+1", "1.5", "3 %", "a", "1 ", "99999999999"})
    EXPECT_FALSE(Amount::parse(bad)) << bad;
}

TEST(Amount, RoundsPercentagesAndCapsCounts) {
  EXPECT_EQ((Amount{25, true}.round_up(5)), 2U);
  EXPECT_EQ((Amount{25, true}.round_down(5)), 1U);
  EXPECT_EQ((Amount{1, true}.round_up(3)), 1U);
  EXPECT_EQ((Amount{10, true}.round_down(9)), 0U);
  EXPECT_EQ((Amount{100, true}.round_up(7)), 7U);
  EXPECT_EQ((Amount{9, false}.round_up(4)), 4U);
  EXPECT_EQ((Amount{25, true}.round_up(0)), 0U);
}
