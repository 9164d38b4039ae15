// deployctl fleet repair-epoch: targets that store an epoch which no rollout can go on from get one that can be gone on
// from. A faulty or compromised host spread such epochs through earlier versions, and may report one to this version.
#include "cli/commands/fleet_repair_epoch.hpp"

#include <fmt/core.h>

#include "cli/flows/service_group.hpp"
#include "cli/output/human_format.hpp"
#include "cli/output/table.hpp"
#include "cli/session/context.hpp"
#include "cli/session/fleet_look.hpp"
#include "cli/session/fleet_session.hpp"
#include "cli/session/plan_loading.hpp"
#include "cli/session/question.hpp"
#include "core/fleet/routes/fleet_links.hpp"
#include "core/host/this_process.hpp"
#include "core/io/gather.hpp"
#include "core/ledger/ledger.hpp"
#include "core/rollout/decision/epochs.hpp"
#include "core/rollout/driver/service_lock.hpp"

namespace deployctl::cli {
namespace {

constexpr std::size_t rollouts_looked_at = 50;
constexpr Duration repair_limit{std::chrono::seconds(30)};

struct RepairOptions {
  std::string plan;
  bool yes = false;
};

struct Repair {
  rollout::TargetIndex target = 0;
  std::string host;
  std::uint64_t stored = 0, epoch = 0;
  Status done;
};

// The highest epoch of this host's ledger, and the rollout that the repair is noted at.
struct Known {
  std::uint64_t epoch = 0;
  std::string newest;
};

Result<Known> known_here(ledger::Ledger& ledger, const model::Plan& plan) {
  Known known;
  DEPLOYCTL_TRY(rows, ledger.history(plan.service, plan.environment, rollouts_looked_at));
  for (const auto& row : rows) known.epoch = std::max(known.epoch, rollout::epoch_in_range(row.epoch));
  if (!rows.empty()) known.newest = rows.front().id;
  return known;
}

// A majority must answer, and none of it may be held: a rollout that goes on must not lose its grants.
Status check_quorum(const rollout::FleetSurvey& survey) {
  std::size_t answered = 0, held = 0;
  std::string holder;
  for (const auto& one : survey) {
    answered += one.reply ? 1 : 0;
    if (!one.reply || !one.reply->has_holder()) continue;
    ++held;
    holder = one.reply->holder().rollout();
  }
  if (held * 2 > answered)
    return fail(
        with_hint(error(Code::locked, fmt::format("rollout {} holds {} of {} targets", holder, held, survey.size())),
                  "repair the epochs when it is over: deployctl status " + holder));
  if (answered * 2 > survey.size()) return {};
  return fail(Code::unreachable,
              fmt::format("{} of {} targets answered, a majority is needed", answered, survey.size()));
}

std::vector<Repair> repairs_of(const rollout::FleetSurvey& survey, const model::Plan& plan, std::uint64_t ledger) {
  std::vector<std::string> hosts;
  for (const auto& region : plan.fleet.regions)
    for (const auto& target : region.targets) hosts.push_back(target.name());
  std::vector<std::uint64_t> answers;
  std::vector<rollout::TargetIndex> from;
  for (rollout::TargetIndex i = 0; i < survey.size(); ++i) {
    if (!survey[i].reply) continue;
    answers.push_back(survey[i].reply->epoch());
    from.push_back(i);
  }
  const auto chosen = rollout::choose_epoch_repair(ledger, answers);
  std::vector<Repair> out;
  for (const auto at : chosen.targets) out.push_back({from[at], hosts.at(from[at]), answers[at], chosen.epoch, {}});
  return out;
}

asio::awaitable<void> repair_one(Repair& repair, fleet::FleetLinks& links, protocol::pb::Place place,
                                 protocol::pb::Holder by) {
  const auto request = rollout::repair_epoch(place, by, repair.stored, repair.epoch);
  auto reply = co_await links.call(repair.target, request, repair_limit);
  if (reply) co_return;
  Error why = reply.error();
  if (why.code == Code::unsupported)
    why = with_hint(std::move(why), "the agent there is older: install this version's, see deploy-agent(8)");
  repair.done = fail(std::move(why));
}

asio::awaitable<void> repair_all(std::vector<Repair>& repairs, fleet::FleetLinks& links, protocol::pb::Place place) {
  const auto by = rollout::holder_of("epoch-repair");
  std::vector<asio::awaitable<void>> work;
  for (auto& repair : repairs) work.push_back(repair_one(repair, links, place, by));
  co_await io::gather(std::move(work));
}

void print(Context& context, const std::vector<Repair>& repairs) {
  output::Table table({{"TARGET"}, {"STORES EPOCH", true}, {"GETS EPOCH", true}});
  for (const auto& one : repairs) table.row({one.host, std::to_string(one.stored), std::to_string(one.epoch)});
  context.print_lines(table.lines(context.width()));
}

void print_json(Context& context, const std::vector<Repair>& repairs) {
  std::vector<std::string> targets;
  for (const auto& one : repairs) {
    JsonObject target;
    target.add("host", one.host)
        .add("stored", std::to_string(one.stored))
        .add("epoch", std::to_string(one.epoch))
        .add("repaired", one.done.has_value());
    if (!one.done) target.add_raw("error", cli::to_json(one.done.error()).text());
    targets.push_back(target.text());
  }
  context.print_json(JsonObject().add_raw("targets", json_array(targets)));
}

// In the ledger, at the service's newest rollout; each target keeps a note of its own.
Status note_down(ledger::Ledger& ledger, const std::string& rollout, const std::vector<Repair>& repairs) {
  if (rollout.empty()) return {};
  const auto self = host::this_process();
  std::string what;
  for (const auto& one : repairs)
    if (one.done) what += (what.empty() ? "" : ", ") + fmt::format("{}: {} to {}", one.host, one.stored, one.epoch);
  if (what.empty()) return {};
  DEPLOYCTL_TRY(number, ledger.add_command(rollout, {0, "repair-epoch", "", self.user + "@" + self.host, what,
                                                     system_clock().wall()}));
  (void)number;
  return {};
}

int report(Context& context, const std::vector<Repair>& repairs) {
  if (context.json()) print_json(context, repairs);
  std::size_t failed = 0;
  for (const auto& one : repairs) {
    if (one.done) continue;
    ++failed;
    const std::string why = one.done.error().text();  // what a target refuses names it already
    context.warn(why.starts_with(one.host + ": ") ? why : one.host + ": " + why);
    if (!one.done.error().hint.empty()) context.warn("    hint: " + one.done.error().hint);
  }
  context.note(fmt::format("{} of {} epochs repaired", repairs.size() - failed, repairs.size()));
  if (failed == 0) return exit_codes::done;
  return failed == repairs.size() ? exit_codes::failed : exit_codes::incomplete;
}

Result<int> repair(Context& context, const RepairOptions& options, const std::string& named) {
  DEPLOYCTL_TRY(plan, load_plan(context, named));
  DEPLOYCTL_TRY(ledger, context.ledger());
  DEPLOYCTL_TRY(state, context.state());
  DEPLOYCTL_TRY(lock, rollout::lock_service(state.locks(), plan.service, plan.environment, "repair of epochs"));
  DEPLOYCTL_TRY(known, known_here(*ledger, plan));
  DEPLOYCTL_TRY(seen, look_at_fleet(context, plan, false));
  DEPLOYCTL_CHECK(check_quorum(seen.survey));
  auto repairs = repairs_of(seen.survey, plan, known.epoch);
  if (repairs.empty()) {
    if (context.json()) print_json(context, repairs);
    context.note("no target stores an epoch that needs repair");
    return exit_codes::done;
  }
  print(context, repairs);
  const std::string question =
      fmt::format("set the epoch of {}? A rollout that still runs anywhere loses its grants there",
                  output::count(repairs.size(), "target"));
  if (!options.yes && can_ask(context)) {
    DEPLOYCTL_TRY(agreed, confirmed(context, {}, question));
    if (!agreed) return exit_codes::done;
  }
  DEPLOYCTL_TRY(session, FleetSession::open(plan, context));
  session->run(
      repair_all(repairs, session->links(), rollout::place_of(plan.service, plan.environment, plan.release.deploy_to)));
  if (auto noted = note_down(*ledger, known.newest, repairs); !noted)
    context.warn("the repair was not recorded: " + noted.error().text());
  return report(context, repairs);
}

}  // namespace

Command fleet_repair_epoch_command() {
  auto options = std::make_shared<RepairOptions>();
  return {.name = "repair-epoch",
          .summary = "bring epochs back into range that no rollout can go on from",
          .declare =
              [options](Arguments& a) {
                a.positional("PLAN", options->plan, "the release plan");
                a.flag("--yes", options->yes, "don't ask on a terminal");
              },
          .run =
              [options](Context& context) {
                return each_service(context, options->plan, [&](const std::string& named) {
                  const auto code = repair(context, *options, named);
                  return code ? *code : context.fail_with(code.error());
                });
              },
          .subcommands = {},
          .details = "A majority of the targets must answer, and no rollout may hold them. Nothing else is changed."};
}

}  // namespace deployctl::cli
