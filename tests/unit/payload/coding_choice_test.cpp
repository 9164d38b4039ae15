#include "core/payload/format/coding_choice.hpp"

#include <gtest/gtest.h>

namespace deployctl::payload {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;
constexpr Preference smallest{Preference::Goal::smallest, 0};
Preference soonest(std::uint64_t link_rate) { return {Preference::Goal::soonest, link_rate}; }

TEST(CodingChoice, TriesEverythingForTheSmallest) {
  EXPECT_EQ(codings_for(smallest, {8 * mib, 50 * mib, false}), (CodingChoice{true, true, true, 9}));
  EXPECT_EQ(codings_for(smallest, {8 * mib, 0, false}), (CodingChoice{false, false, true, 9}));
  EXPECT_EQ(codings_for(smallest, {4 * mib, 4 * mib, true}), (CodingChoice{false, true, true, 9}));
}

TEST(CodingChoice, SendsPlainZstdWhereTheLinkIsFasterThanTheCoder) {
  EXPECT_EQ(codings_for(soonest(1'000'000'000), {8 * mib, 50 * mib, false}), (CodingChoice{false, false, true, 3}));
  EXPECT_EQ(codings_for(soonest(1'000'000'000), {4 * mib, 4 * mib, true}), (CodingChoice{false, false, true, 3}));
}

TEST(CodingChoice, CodesDeltasWhereTheLinkIsSlower) {
  EXPECT_EQ(codings_for(soonest(1'000'000), {8 * mib, 50 * mib, false}), (CodingChoice{true, false, true, 3}));
  EXPECT_EQ(codings_for(soonest(1'000'000), {4 * mib, 4 * mib, true}), (CodingChoice{false, true, true, 3}));
  EXPECT_EQ(codings_for(soonest(1'000'000), {8 * mib, 0, false}), (CodingChoice{false, false, true, 3}));
}

TEST(CodingChoice, TakesACommonLinkWhereNoneIsKnown) {
  EXPECT_EQ(codings_for(soonest(0), {8 * mib, 50 * mib, false}),
            codings_for(soonest(12'500'000), {8 * mib, 50 * mib, false}));
}

TEST(CodingChoice, LooksNoFurtherAfterAGoodDelta) {
  EXPECT_TRUE(is_decisive(1 * mib, 8 * mib));
  EXPECT_FALSE(is_decisive(4 * mib, 8 * mib));
}

TEST(CodingChoice, SpendsMoreOnFewBytes) {
  EXPECT_GT(delta_level(smallest, 1 * mib, 8 * mib, 20 * mib), delta_level(smallest, 6 * mib, 8 * mib, 20 * mib));
  EXPECT_GT(delta_level(smallest, 6 * mib, 8 * mib, 20 * mib), delta_level(smallest, 9 * mib, 8 * mib, 20 * mib));
  EXPECT_GT(delta_level(smallest, 3 * mib, 8 * mib, 20 * mib), delta_level(smallest, 3 * mib, 8 * mib, 200 * mib));
  EXPECT_LT(delta_level(soonest(0), 1 * mib, 8 * mib, 20 * mib), delta_level(smallest, 1 * mib, 8 * mib, 20 * mib));
}

}  // namespace
}  // namespace deployctl::payload
