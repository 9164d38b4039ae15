// Bounds of the epochs that fence a target's grants. Controllers and agents hold every epoch from a peer against them:
// one host's answer must never use up the numbers of all others.
#pragma once

#include <cstdint>

namespace deployctl::model {

// No rollout has a higher epoch. Ledgers store epochs as signed 64 bits; each rollout adds one to the highest that is
// known.
inline constexpr std::uint64_t max_epoch = std::uint64_t{1} << 62;

// A controller believes an answer that is at most this far above what its ledger and most other targets know: failed
// rollouts that reached a minority add one each, so an honest target is never this far ahead.
inline constexpr std::uint64_t max_epoch_lead = std::uint64_t{1} << 20;

// A target that stores an epoch accepts one that is at most this much higher. It is far above max_epoch_lead, so that a
// target which missed many rollouts is never refused.
inline constexpr std::uint64_t max_epoch_step = std::uint64_t{1} << 40;

}  // namespace deployctl::model
