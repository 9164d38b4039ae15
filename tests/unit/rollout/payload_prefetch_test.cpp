#include "core/rollout/driver/payload_prefetch.hpp"

#include <gtest/gtest.h>

#include "core/model/release.hpp"

namespace deployctl::rollout {
namespace {

const Digest one = sha256("one"), two = sha256("two"), three = sha256("three");

ledger::RolloutRow row(const Digest& artifact, ledger::RolloutState state = ledger::RolloutState::succeeded) {
  ledger::RolloutRow row;
  row.state = state;
  row.release_json = model::Release{"1.0", artifact, {}}.json();
  return row;
}

TEST(LikelyBase, IsWhatWentThroughLast) {
  using ledger::RolloutState;
  EXPECT_EQ(likely_base({row(two, RolloutState::rolled_back), row(one), row(three)}, two), one);
  EXPECT_EQ(likely_base({row(one, RolloutState::incomplete)}, two), one);
  EXPECT_EQ(likely_base({row(one, RolloutState::failed)}, two), std::nullopt);
  EXPECT_EQ(likely_base({}, two), std::nullopt);
}

TEST(LikelyBase, IsNoneWhereNothingIsToBeSentOrNothingIsKnown) {
  EXPECT_EQ(likely_base({row(two), row(one)}, two), std::nullopt);
  auto to_nothing = row(one);
  to_nothing.release_json.clear();
  EXPECT_EQ(likely_base({to_nothing, row(one)}, two), std::nullopt);
  to_nothing.release_json = "{";
  EXPECT_EQ(likely_base({to_nothing}, two), std::nullopt);
}

}  // namespace
}  // namespace deployctl::rollout
