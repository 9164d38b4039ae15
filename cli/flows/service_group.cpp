#include "cli/flows/service_group.hpp"

#include <algorithm>
#include <random>

#include "cli/flows/rollout_run.hpp"
#include "cli/session/context.hpp"
#include "cli/session/next_step.hpp"
#include "cli/session/plan_loading.hpp"
#include "cli/session/rollout_request.hpp"
#include "core/ledger/ledger.hpp"
#include "core/rollout/rollback/release_order.hpp"

namespace deployctl::cli {
namespace {

// The service that stays is said with the way to mend it by hand.
Status take_back(Context& context, const PreparedService& one, const RolloutRequest& asked) {
  context.note(one.plan.service + " goes back to what it ran before");
  const auto invocation = Invocation::of(context.globals(), one.named);
  DEPLOYCTL_TRY(drove, run_rollback(context, one.plan, {{}, asked.json(), invocation, {}}));
  const bool back = drove.code == exit_codes::done || drove.code == exit_codes::incomplete;
  if (back) return {};
  context.warn(one.plan.service + " was not taken back");
  context.note_next({rollout::Advice::Kind::status}, invocation);
  return {};
}

std::string together_of(const ledger::RolloutRow& row) {
  const auto asked = RolloutRequest::parse(row.order_json);
  return asked ? asked->together : "";
}

}  // namespace

std::string new_group_id() {
  static constexpr char digits[] = "0123456789abcdef";
  std::random_device random;
  std::string name = "t-";
  for (int i = 0; i < 12; ++i) name += digits[random() % 16];
  return name;
}

Result<int> roll_back_completed(Context& context, const std::vector<DoneService>& done, const PreparedService& failed,
                                int code, const DeployOptions& options) {
  const bool rests = code == exit_codes::paused || code == exit_codes::interrupted || code == exit_codes::terminated;
  if (rests) {
    // The rollout's own end has named how it goes on; those after it have none yet.
    context.note("the services after " + failed.plan.service + " were not begun");
    context.note_next({rollout::Advice::Kind::deploy_again}, options.invocation(context.globals(), options.plan),
                      "then");
    return code;
  }
  std::string stay;
  for (auto one = done.rbegin(); one != done.rend(); ++one) {
    if (!one->touched) continue;
    const PreparedService& service = *one->service;
    if (failed.plan.rollout.on_failure != model::OnFailure::rollback) {
      stay += (stay.empty() ? "" : ", ") + service.plan.service;
      continue;
    }
    RolloutRequest asked = RolloutRequest::by(service.named, context.globals());
    DEPLOYCTL_CHECK(take_back(context, service, asked));
  }
  if (!stay.empty())
    context.note("stay on their new release, as on_failure of " + failed.plan.service + " says: " + stay);
  return code;
}

std::vector<std::size_t> changed_together(const std::vector<std::vector<rollout::RecordedRollout>>& histories) {
  std::vector<const ledger::RolloutRow*> newest_deploys;  // by service; null: none
  const ledger::RolloutRow* newest = nullptr;
  for (const auto& history : histories) {
    const auto deploy = std::find_if(history.begin(), history.end(),
                                     [](const auto& one) { return one.row.kind == "deploy" && one.changed; });
    newest_deploys.push_back(deploy == history.end() ? nullptr : &deploy->row);
    const auto* row = newest_deploys.back();
    if (row && (!newest || row->started >= newest->started)) newest = row;
  }
  const std::string together = newest ? together_of(*newest) : "";
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < newest_deploys.size(); ++i)
    if (!together.empty() && newest_deploys[i] && together_of(*newest_deploys[i]) == together) out.push_back(i);
  return out;
}

int each_service(Context& context, const std::string& plan, const std::function<int(const std::string& named)>& one) {
  const auto services = load_services(context, plan);
  if (!services) return context.fail_with(services.error());
  int first = exit_codes::done;
  for (const auto& named : *services) {
    if (&named != &services->front()) context.print("\n");
    const int code = one(named);
    if (first == exit_codes::done) first = code;
  }
  return first;
}

}  // namespace deployctl::cli
