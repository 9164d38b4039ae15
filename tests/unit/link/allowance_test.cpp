#include "core/link/allowance.hpp"

#include <gtest/gtest.h>

using namespace deployctl;
using namespace std::chrono_literals;
using link::Allowance;

namespace {

unsigned taken(Allowance& allowance, SteadyTime now) {
  unsigned n = 0;
  while (allowance.take(1, now)) ++n;
  return n;
}

constexpr SteadyTime start{1h};

}  // namespace

TEST(Allowance, GivesABurstAndThenSoManyInASecond) {
  Allowance allowance(10, 2);
  EXPECT_EQ(taken(allowance, start), 10u);
  EXPECT_EQ(taken(allowance, start + 1s), 2u);
  EXPECT_EQ(taken(allowance, start + 1s), 0u);
}

TEST(Allowance, LetsWhatCameInAPauseComeAtOnce) {
  Allowance allowance(10, 2);
  EXPECT_EQ(taken(allowance, start), 10u);
  EXPECT_EQ(taken(allowance, start + 10min), 1200u);
  EXPECT_EQ(taken(allowance, start + 10h), 10u + 2 * 15 * 60) << "but not without end";
}

TEST(Allowance, AddsForWhatIsKnownToBeLarge) {
  Allowance allowance(1, 0);
  allowance.add(5);
  EXPECT_EQ(taken(allowance, start), 6u);
}
