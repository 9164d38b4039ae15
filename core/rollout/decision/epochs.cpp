#include "core/rollout/decision/epochs.hpp"

#include <algorithm>

#include "core/model/epoch.hpp"

namespace deployctl::rollout {
namespace {

std::string repair_command(const std::string& plan_file) { return "deployctl fleet repair-epoch " + plan_file; }

// More than half of them report at least this.
std::uint64_t known_by_most(std::vector<std::uint64_t> answers) {
  if (answers.empty()) return 0;
  const auto middle = answers.begin() + static_cast<std::ptrdiff_t>(answers.size() / 2);
  std::nth_element(answers.begin(), middle, answers.end(), std::greater<>());
  return *middle;
}

}  // namespace

std::uint64_t epoch_in_range(std::uint64_t epoch) { return epoch <= model::max_epoch ? epoch : 0; }

EpochChoice choose_epoch(std::uint64_t ledger, std::vector<std::uint64_t> answers) {
  const std::uint64_t base = std::max(epoch_in_range(ledger), known_by_most(answers));
  if (base >= model::max_epoch) return {0, model::max_epoch};
  EpochChoice choice{base, std::min(base + model::max_epoch_lead, model::max_epoch - 1)};
  for (const auto answer : answers)
    if (answer <= choice.limit) choice.epoch = std::max(choice.epoch, answer);
  ++choice.epoch;
  return choice;
}

EpochRepair choose_epoch_repair(std::uint64_t ledger, const std::vector<std::uint64_t>& answers) {
  std::vector<std::uint64_t> in_range;
  for (const auto answer : answers)
    if (answer <= model::max_epoch) in_range.push_back(answer);
  const bool mostly_lost = in_range.size() * 2 <= answers.size();
  const auto choice = choose_epoch(ledger, mostly_lost ? in_range : answers);
  if (choice.epoch == 0) return {};
  EpochRepair repair{choice.epoch - 1 + (mostly_lost ? model::max_epoch_lead : 0), {}};
  const std::uint64_t above = repair.epoch + model::max_epoch_lead;
  const std::uint64_t below = repair.epoch - std::min(repair.epoch, model::max_epoch_step);
  for (std::size_t i = 0; i < answers.size(); ++i)
    if (answers[i] > above || (answers[i] > 0 && answers[i] < below)) repair.targets.push_back(i);
  return repair;
}

Error implausible_epoch(std::uint64_t reported, std::uint64_t ours, const std::string& plan_file) {
  Error why = error(Code::locked, "it reports epoch " + std::to_string(reported) + ", far above epoch " +
                                      std::to_string(ours) + " of this rollout: it is left out");
  return with_hint(std::move(why), "if the host can be trusted, lower its epoch: " + repair_command(plan_file));
}

Error epochs_out_of_range(const std::string& plan_file) {
  return with_hint(error(Code::locked, "most targets report epochs above " + std::to_string(model::max_epoch) +
                                           ", which no rollout can have reached: nothing was changed"),
                   repair_command(plan_file));
}

}  // namespace deployctl::rollout
