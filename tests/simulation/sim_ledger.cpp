#include "tests/simulation/sim_ledger.hpp"

#include <algorithm>

namespace deployctl::simulation {

using ledger::RolloutRow;

namespace {

// To change a target.
bool is_intent(const ledger::EventRow& row) {
  return row.json.find("\"event\":\"target_activating\"") != std::string::npos ||
         row.json.find("\"event\":\"target_reverting\"") != std::string::npos;
}

}  // namespace

Status SimLedger::disk() const {
  if (full) return fail(Code::no_space, "no space left on device");
  return {};
}

Status SimLedger::add_rollout(const RolloutRow& row) {
  DEPLOYCTL_CHECK(disk());
  const auto same = std::find_if(rows_.begin(), rows_.end(), [&](const RolloutRow& r) { return r.id == row.id; });
  if (same != rows_.end()) return fail(Code::exists, "the ledger has a rollout " + row.id + " already");
  rows_.push_back(row);
  return {};
}

Status SimLedger::update_rollout(const RolloutRow& row) {
  DEPLOYCTL_CHECK(disk());
  const auto same = std::find_if(rows_.begin(), rows_.end(), [&](const RolloutRow& r) { return r.id == row.id; });
  if (same == rows_.end()) return fail(Code::not_found, "the ledger has no rollout " + row.id);
  if (same->epoch > row.epoch) return fail(ledger::newer_grant(row.id));
  *same = row;
  return {};
}

Result<std::optional<RolloutRow>> SimLedger::rollout(const std::string& id) {
  for (const auto& row : rows_)
    if (row.id == id) return std::optional(row);
  return std::optional<RolloutRow>{};
}

Result<std::vector<RolloutRow>> SimLedger::unfinished(const std::string&, const std::string&) {
  std::vector<RolloutRow> found;
  for (const auto& row : rows_)
    if (ledger::is_unfinished(row.state)) found.push_back(row);
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.started < b.started; });
  return found;
}

Result<std::vector<RolloutRow>> SimLedger::history(const std::string&, const std::string&, std::size_t most) {
  std::vector<RolloutRow> found(rows_.rbegin(), rows_.rend());
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.started > b.started; });
  found.resize(std::min(found.size(), most));
  return found;
}

Status SimLedger::append_events(const std::string& rollout, const std::vector<ledger::EventRow>& events) {
  DEPLOYCTL_CHECK(disk());
  DEPLOYCTL_TRY(last, last_seq(rollout));
  for (const auto& event : events) {
    if (event.seq <= last) return fail(Code::exists, rollout + " has its event " + std::to_string(last) + " already");
    last = event.seq;
    if (!forgets) events_[rollout].push_back(event);
  }
  return {};
}

Result<std::uint64_t> SimLedger::last_seq(const std::string& rollout) {
  const auto& all = events_[rollout];
  return all.empty() ? 0 : all.back().seq;
}

Status SimLedger::add_baselines(const std::string&, const std::string&,
                                const std::vector<ledger::Baseline>& baselines) {
  DEPLOYCTL_CHECK(disk());
  for (const auto& one : baselines) {
    const auto same =
        std::find_if(baselines_.begin(), baselines_.end(), [&](const auto& b) { return b.target == one.target; });
    if (same == baselines_.end())
      baselines_.push_back(one);
    else
      same->region = one.region;
  }
  return {};
}

Status SimLedger::clear_baselines(const std::string&, const std::string&) {
  DEPLOYCTL_CHECK(disk());
  baselines_.clear();
  return {};
}

Result<std::uint64_t> SimLedger::add_command(const std::string& rollout, const ledger::CommandRow& word) {
  DEPLOYCTL_CHECK(disk());
  auto row = word;
  row.number = ++last_word_;
  words_[rollout].push_back(row);
  return row.number;
}

Result<std::vector<ledger::CommandRow>> SimLedger::words(const std::string& rollout, std::uint64_t after) {
  std::vector<ledger::CommandRow> found;
  for (const auto& row : words_[rollout])
    if (row.number > after) found.push_back(row);
  return found;
}

Result<bool> SimLedger::changed_targets(const std::string& rollout) {
  const auto at = events_.find(rollout);
  if (at == events_.end()) return false;
  return std::any_of(at->second.begin(), at->second.end(), [](const ledger::EventRow& row) { return is_intent(row); });
}

Status SimLedger::add_release(const std::string&, const std::string&, const std::string& json, const Digest& release,
                              const std::string& version, WallTime) {
  DEPLOYCTL_CHECK(disk());
  const ledger::ReleaseName name{release, version};
  std::erase(names_, name);
  names_.insert(names_.begin(), name);
  releases_[release] = json;
  return {};
}

Result<std::optional<std::string>> SimLedger::release_json(const Digest& release) {
  const auto at = releases_.find(release);
  return at == releases_.end() ? std::optional<std::string>{} : std::optional(at->second);
}

bool SimLedger::tells_of(const std::string& rollout, const std::string& target) const {
  const auto at = events_.find(rollout);
  if (at == events_.end()) return false;
  const std::string name = "\"target\":\"" + target + "\"";
  return std::any_of(at->second.begin(), at->second.end(), [&](const ledger::EventRow& row) {
    return is_intent(row) && row.json.find(name) != std::string::npos;
  });
}

}  // namespace deployctl::simulation
