// The plan's `rollout` block.
#include "plans/blocks/waves.hpp"
#include "plans/fleet/freezes.hpp"

namespace deployctl::plans {
namespace {

void read_strategy(const Cursor& at, PlanDraft& into) {
  static const std::vector<std::string> words{"canary", "rolling", "all_at_once"};
  into.strategy_mark = at.mark();
  if (const auto word = read_word(at, words)) into.strategy = static_cast<model::Strategy>(*word);
  if (into.strategy != model::Strategy::all_at_once) return;
  into.plan.rollout.max_parallel = {100, true};
  into.plan.rollout.min_healthy = model::Amount{0, false};
}

void read_max_parallel(const Cursor& at, PlanDraft& into) {
  into.plan.rollout.max_parallel_mark = at.mark();
  if (const auto amount = read_amount(at, false)) into.plan.rollout.max_parallel = *amount;
}

void read_min_healthy(const Cursor& at, PlanDraft& into) {
  into.plan.rollout.min_healthy_mark = at.mark();
  into.plan.rollout.min_healthy = read_amount(at, true);
}

template <model::Amount model::RolloutSettings::*member>
constexpr Key<PlanDraft> budget(std::string_view name) {
  return {name, Need::optional, "a count or a percentage", [](const Cursor& at, PlanDraft& d) {
            if (const auto amount = read_amount(at, true)) d.plan.rollout.*member = *amount;
          }};
}

void read_max_unreachable(const Cursor& at, PlanDraft& into) {
  into.plan.rollout.max_unreachable = read_amount(at, true);
}

void read_on_failure(const Cursor& at, PlanDraft& into) {
  static const std::vector<std::string> words{"rollback", "pause", "abort"};
  if (const auto word = read_word(at, words)) into.plan.rollout.on_failure = static_cast<model::OnFailure>(*word);
}

void read_progress_deadline(const Cursor& at, PlanDraft& into) {
  if (const auto deadline = read_duration(at)) into.plan.rollout.progress_deadline = *deadline;
}

template <Duration model::RolloutSettings::*member>
void read_time(const Cursor& at, PlanDraft& into) {
  if (const auto time = read_duration(at, true)) into.plan.rollout.*member = *time;
}

void read_interval(const Cursor& at, PlanDraft& into) {
  if (const auto time = read_duration(at)) into.plan.rollout.catch_up_interval = *time;
}

constexpr std::array rollout_keys{
    Key<PlanDraft>{"strategy", Need::optional, "one of canary, rolling, all_at_once", read_strategy},
    Key<PlanDraft>{"waves", Need::optional, "a list such as [{name: world, regions: all}]", read_waves, list_waves},
    Key<PlanDraft>{"max_parallel", Need::optional, "a count or a percentage such as 25%", read_max_parallel},
    Key<PlanDraft>{"min_healthy", Need::optional, "a count or a percentage such as 75%", read_min_healthy},
    budget<&model::RolloutSettings::max_failed>("max_failed"),
    budget<&model::RolloutSettings::max_unhealthy>("max_unhealthy"),
    Key<PlanDraft>{"max_unreachable", Need::optional, "a count or a percentage such as 10%", read_max_unreachable},
    Key<PlanDraft>{"on_failure", Need::optional, "one of rollback, pause, abort", read_on_failure},
    Key<PlanDraft>{"progress_deadline", Need::optional, "a duration such as 10m", read_progress_deadline},
    Key<PlanDraft>{"min_healthy_time", Need::optional, "a duration such as 10s",
                   read_time<&model::RolloutSettings::min_healthy_time>},
    Key<PlanDraft>{"healthy_deadline", Need::optional, "a duration such as 10m",
                   read_time<&model::RolloutSettings::healthy_deadline>},
    Key<PlanDraft>{"catch_up", Need::optional, "a duration such as 24h, or 0s",
                   read_time<&model::RolloutSettings::catch_up>},
    Key<PlanDraft>{"catch_up_interval", Need::optional, "a duration such as 30s", read_interval},
    Key<PlanDraft>{"freeze", Need::optional, "a list of windows",
                   [](const Cursor& at, PlanDraft& d) { read_freezes(at, d.plan.rollout.freezes); }, list_freezes}};

}  // namespace

void read_rollout(const Cursor& at, PlanDraft& into) { read_map(at, rollout_keys, into); }

void list_rollout(const std::string& prefix, std::vector<std::string>& into) { list_keys(rollout_keys, prefix, into); }

}  // namespace deployctl::plans
