// A ledger in memory, with the meaning of sqlite_ledger.cpp: what was written is there after its process died. A disk
// that is full fails every write. One thread.
#pragma once

#include <map>

#include "core/ledger/ledger.hpp"

namespace deployctl::simulation {

class SimLedger : public ledger::Ledger {
 public:
  bool full = false;     // writes fail
  bool forgets = false;  // broken on purpose: events are lost without a word

  Status add_rollout(const ledger::RolloutRow& row) override;
  Status update_rollout(const ledger::RolloutRow& row) override;
  Result<std::optional<ledger::RolloutRow>> rollout(const std::string& id) override;
  Result<std::vector<ledger::RolloutRow>> unfinished(const std::string&, const std::string&) override;
  Result<std::vector<ledger::RolloutRow>> history(const std::string&, const std::string&, std::size_t most) override;
  Result<std::vector<Service>> services() override { return std::vector<Service>{}; }
  Status append_events(const std::string& rollout, const std::vector<ledger::EventRow>& events) override;
  Status for_each_event(const std::string& rollout, std::uint64_t after,
                        const std::function<bool(const ledger::EventRow&)>& visit) override {
    for (const auto& row : events_[rollout])
      if (row.seq > after && !visit(row)) break;
    return {};
  }
  Result<std::uint64_t> last_seq(const std::string& rollout) override;
  Result<bool> changed_targets(const std::string& rollout) override;
  Status add_baselines(const std::string&, const std::string&, const std::vector<ledger::Baseline>& baselines) override;
  Result<std::vector<ledger::Baseline>> baselines(const std::string&, const std::string&) override {
    return baselines_;
  }
  Status clear_baselines(const std::string&, const std::string&) override;
  Result<std::uint64_t> add_command(const std::string& rollout, const ledger::CommandRow& word) override;
  Result<std::vector<ledger::CommandRow>> words(const std::string& rollout, std::uint64_t after) override;
  Status add_freeze(const std::string&, const std::string&, const ledger::FreezeRow&) override { return {}; }
  Result<std::optional<ledger::FreezeRow>> freeze(const std::string&, const std::string&) override {
    return std::optional<ledger::FreezeRow>{};
  }
  Status add_release(const std::string&, const std::string&, const std::string& json, const Digest& release,
                     const std::string&, WallTime) override;
  Result<std::optional<std::string>> release_json(const Digest& release) override;
  Result<std::vector<ledger::ReleaseName>> release_names(const std::string&, const std::string&) override {
    return names_;
  }

  const std::vector<ledger::RolloutRow>& rows() const { return rows_; }
  // An intent to change the target was written by that rollout.
  bool tells_of(const std::string& rollout, const std::string& target) const;

 private:
  Status disk() const;
  std::vector<ledger::RolloutRow> rows_;  // oldest first
  std::map<std::string, std::vector<ledger::EventRow>> events_;
  std::vector<ledger::Baseline> baselines_;
  std::map<std::string, std::vector<ledger::CommandRow>> words_;
  std::uint64_t last_word_ = 0;
  std::map<Digest, std::string> releases_;
  std::vector<ledger::ReleaseName> names_;  // the newest first
};

}  // namespace deployctl::simulation
