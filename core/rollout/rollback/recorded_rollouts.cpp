#include "core/rollout/rollback/recorded_rollouts.hpp"

namespace deployctl::rollout {

Result<std::vector<RecordedRollout>> recorded_rollouts(ledger::Ledger& ledger, const std::string& service,
                                                       const std::string& environment, std::size_t most) {
  DEPLOYCTL_TRY(rows, ledger.history(service, environment, most));
  std::vector<RecordedRollout> out;
  for (auto& row : rows) {
    const bool changed = ledger.changed_targets(row.id).value_or(true);
    out.push_back({std::move(row), changed});
  }
  return out;
}

}  // namespace deployctl::rollout
