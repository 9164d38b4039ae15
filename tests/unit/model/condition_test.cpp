#include "core/model/condition.hpp"

#include <gtest/gtest.h>

#include <cmath>

using namespace deployctl;
using model::Condition;

TEST(Condition, HoldsAValueAgainstANumber) {
  const auto less = Condition::parse("< 0.01").value();
  EXPECT_FALSE(less.needs_baseline());
  EXPECT_TRUE(less.holds(0.009, 0));
  EXPECT_FALSE(less.holds(0.01, 0));
  EXPECT_TRUE(Condition::parse(">=99.5").value().holds(99.5, 0));
  EXPECT_TRUE(Condition::parse("!= 3").value().holds(2, 0));
  EXPECT_TRUE(Condition::parse("== -1e3").value().holds(-1000, 0));
  EXPECT_FALSE(Condition::parse("> 5").value().holds(5, 0));
}

TEST(Condition, HoldsAValueAgainstABaseline) {
  const auto factor = Condition::parse("<= 1.5 * baseline").value();
  EXPECT_TRUE(factor.needs_baseline());
  EXPECT_TRUE(factor.holds(3, 2));
  EXPECT_FALSE(factor.holds(3.1, 2));
  EXPECT_TRUE(Condition::parse("<= baseline").value().holds(2, 2));
  const auto more = Condition::parse("<= 2 * baseline + 0.02").value();
  EXPECT_TRUE(more.holds(0.02, 0));
  EXPECT_FALSE(more.holds(0.03, 0));
  EXPECT_TRUE(Condition::parse(">= baseline - 5").value().holds(95, 100));
}

TEST(Condition, NothingHoldsOfNoNumber) {
  for (const auto* text : {"< 1", "!= 1", "<= baseline"}) {
    EXPECT_FALSE(Condition::parse(text).value().holds(std::nan(""), 0));
    EXPECT_EQ(Condition::parse(text).value().holds(0, std::nan("")), !Condition::parse(text).value().needs_baseline());
  }
}

TEST(Condition, RefusesWhatItDoesNotUnderstand) {
  for (const auto* text : {"", "0.01", "< ", "< x", "< 1 2", "<< 1", "< 1 * ", "< 1 * base", "< baseline *",
                           "< baseline + ", "< nan", "< inf", "< baseline + 1 x", "~ 1"}) {
    const auto parsed = Condition::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Code::invalid);
    EXPECT_NE(parsed.error().hint, "");
  }
}
