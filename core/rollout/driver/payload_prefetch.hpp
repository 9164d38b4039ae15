// What a deploy will most probably send crosses to the relays while they are still logging in to the targets and asking
// them: the payload from the release that the ledger says runs, if it is made already. A relay's cache is all that it
// touches; the targets learn nothing of it before they have granted the rollout. Where the ledger was wrong it was sent
// for nothing, so only what is small enough for that goes. On the links' strand.
#pragma once

#include <set>

#include "core/fleet/target_links.hpp"
#include "core/ledger/ledger.hpp"
#include "core/payload/cache/payload_source.hpp"
#include "core/rollout/decision/rollout_spec.hpp"

namespace deployctl::rollout {

// The artifact that the targets run, by what went through last; absent: not known, or it is `next`. Pure.
std::optional<Digest> likely_base(const std::vector<ledger::RolloutRow>& newest_first, const Digest& next);

// Returns once the relays of the targets have been told; what follows goes on beside whatever the links are used for.
asio::awaitable<void> prefetch_payload(fleet::TargetLinks& links, payload::PayloadSource& payloads, Digest next,
                                       Digest base, std::set<TargetIndex> targets);

}  // namespace deployctl::rollout
