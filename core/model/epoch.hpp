// Bounds for the epochs that fence leases. Controllers and agents check every epoch from a peer against them, so that
// one host's answer can't exhaust the numbers of all others.
#pragma once

#include <cstdint>

namespace deployctl::model {

// The highest epoch of any rollout. Ledgers store epochs as signed 64-bit integers; each rollout uses the highest known
// epoch plus one.
inline constexpr std::uint64_t max_epoch = std::uint64_t{1} << 62;

// A controller accepts an epoch that is at most this far above those in its ledger and on most other targets. Failed
// rollouts that reached a minority add one each, so a correct target is never this far ahead.
inline constexpr std::uint64_t max_epoch_lead = std::uint64_t{1} << 20;

// A target that stores an epoch accepts an increase of at most this much. Far above max_epoch_lead, so that a target
// that missed many rollouts never refuses one.
inline constexpr std::uint64_t max_epoch_step = std::uint64_t{1} << 40;

}  // namespace deployctl::model
