// Which epoch a rollout asks its targets for. Pure. A target refuses an epoch that is not above the one it stores, so
// the choice decides only whether targets can be had, never whether a stale rollout can change them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/error.hpp"

namespace deployctl::rollout {

struct EpochChoice {
  std::uint64_t epoch = 0;  // to ask for; 0: most answers are above model::max_epoch, and no rollout can go above them
  std::uint64_t limit = 0;  // an answer above it is not believed
};

// One above the highest believed answer and the ledger. The base is what the ledger knows or more than half of the
// answers report, whichever is higher; an answer counts if it is at most model::max_epoch_lead above the base. So hosts
// that are fewer than half of the answers can't move it by more than that, whatever they report.
EpochChoice choose_epoch(std::uint64_t ledger, std::vector<std::uint64_t> answers);

// Why a target is left out that reports an epoch above the limit. Code::locked: like a target that another rollout
// holds, it can't be granted, and it counts as unreachable. `plan_file` is for the hint.
Error implausible_epoch(std::uint64_t reported, std::uint64_t ours, const std::string& plan_file);
// The same for the whole rollout: most targets are out of range.
Error epochs_out_of_range(const std::string& plan_file);

// What brings targets back into range that store an epoch which no rollout can go on from.
struct EpochRepair {
  std::uint64_t epoch = 0;           // for each of them
  std::vector<std::size_t> targets;  // indices into the answers; empty: none needs it
};
// Never below what the ledger knows or most of the answers that are in range. Where most answers are out of range it
// lies model::max_epoch_lead above what is known, so that rollouts which only another host's ledger knows stay fenced
// off.
EpochRepair choose_epoch_repair(std::uint64_t ledger, const std::vector<std::uint64_t>& answers);

// A ledger's or a target's epoch that an earlier version may have stored out of range counts as unknown: 0.
std::uint64_t epoch_in_range(std::uint64_t epoch);

}  // namespace deployctl::rollout
