#include "core/model/fleet.hpp"

#include <gtest/gtest.h>

using namespace deployctl::model;

TEST(Selector, TakesWhatBearsEveryLabel) {
  const auto both = *Selector::parse("role=cache, env=prod");
  EXPECT_TRUE(both.matches({{"role", "cache"}, {"env", "prod"}, {"more", "x"}}));
  EXPECT_FALSE(both.matches({{"role", "cache"}}));
  EXPECT_FALSE(both.matches({{"role", "cache"}, {"env", "test"}}));
}

TEST(Selector, EmptyTakesAll) {
  EXPECT_TRUE(Selector::parse("")->matches({}));
  EXPECT_TRUE(Selector::parse("  ")->matches({{"a", "b"}}));
}

TEST(Selector, RefusesWhatIsNoPair) {
  for (const auto* bad : {"role", "=x", "role=", "a=b,", ",a=b", "a=b,,c=d"}) EXPECT_FALSE(Selector::parse(bad)) << bad;
}

TEST(Fleet, FindsARegionByName) {
  Fleet fleet;
  fleet.regions = {Region{"eu", {}, {}}, Region{"us", {}, {}}};
  EXPECT_EQ(fleet.find("us"), &fleet.regions[1]);
  EXPECT_EQ(fleet.find("asia"), nullptr);
}
