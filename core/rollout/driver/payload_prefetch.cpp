#include "core/rollout/driver/payload_prefetch.hpp"

#include <algorithm>

#include "core/model/release.hpp"

namespace deployctl::rollout {
namespace {

constexpr std::uint64_t most_on_trust = 64 * 1024 * 1024;

}  // namespace

std::optional<Digest> likely_base(const std::vector<ledger::RolloutRow>& newest_first, const Digest& next) {
  const auto last = std::find_if(newest_first.begin(), newest_first.end(), [](const ledger::RolloutRow& row) {
    return row.state == ledger::RolloutState::succeeded || row.state == ledger::RolloutState::incomplete;
  });
  if (last == newest_first.end() || last->release_json.empty()) return {};
  const auto release = model::Release::parse(last->release_json);
  if (!release || release->artifact == next) return {};
  return release->artifact;
}

asio::awaitable<void> prefetch_payload(fleet::TargetLinks& links, payload::PayloadSource& payloads, Digest next,
                                       Digest base, std::set<TargetIndex> targets) {
  const auto made = co_await payloads.made(next, base);
  if (!made || made->index().total() > most_on_trust) co_return;
  const auto shipment = std::make_shared<fleet::PayloadHandle>(fleet::PayloadHandle{made});
  for (const auto target : targets) links.prefetch_payload(target, shipment);
}

}  // namespace deployctl::rollout
