// How many connections a payload is worth.
#include "core/fleet/routes/striped_connections.hpp"

#include <gtest/gtest.h>

using namespace deployctl;
using fleet::detail::lanes_for;

namespace {
constexpr std::uint64_t mib = 1024 * 1024;
Duration ms(int n) { return Duration(n); }
}  // namespace

TEST(StripedConnections, ASmallPayloadIsThereBeforeAnotherLoginWere) {
  EXPECT_EQ(lanes_for(0, ms(1500)), 0u);
  EXPECT_EQ(lanes_for(15 * mib, ms(1700)), 0u);
}

TEST(StripedConnections, ANearHostNeedsNone) { EXPECT_EQ(lanes_for(4096 * mib, ms(100)), 0u); }

TEST(StripedConnections, TheFartherAndTheLargerTheMore) {
  EXPECT_EQ(lanes_for(32 * mib, ms(1500)), 4u);
  EXPECT_EQ(lanes_for(1024 * mib, ms(400)), 2u);
  EXPECT_EQ(lanes_for(1024 * mib, ms(1500)), 7u);
  EXPECT_EQ(lanes_for(1024 * mib, ms(20'000)), 7u);
}
