// deployctl fleet ping: log in to every relay and every target, and say who answered and how long it took. It installs
// the agent where that is missing, and changes nothing else.
#include "cli/commands/fleet_ping.hpp"

#include <fmt/core.h>

#include "cli/flows/service_group.hpp"
#include "cli/output/human_format.hpp"
#include "cli/output/table.hpp"
#include "cli/session/context.hpp"
#include "cli/session/fleet_session.hpp"
#include "cli/session/plan_loading.hpp"
#include "core/fleet/routes/fleet_links.hpp"
#include "core/io/deadline.hpp"
#include "core/io/gather.hpp"
#include "core/model/plan.hpp"

namespace deployctl::cli {
namespace {

struct PingOptions {
  std::string plan;
};

struct Answer {
  std::string region, role, host, route, agent;
  std::optional<Error> error;
  Duration took{0};
};

asio::awaitable<void> ping_target(Answer& answer, fleet::FleetLinks& links, std::size_t target, io::CancelToken token) {
  const auto begin = io::now_steady();
  auto opened = co_await io::with_cancel(links.open(target), token, "log in");
  answer.took = io::now_steady() - begin;
  answer.route = links.route(target);
  answer.agent = links.agent(target);
  if (!opened) answer.error = opened.error();
}

asio::awaitable<void> ping_relays(std::vector<Answer>& answers, fleet::FleetLinks& links, io::CancelToken token) {
  const auto relays = co_await io::with_cancel(links.ping_relays(), token, "ask the relays");
  if (!relays) co_return;
  for (const auto& relay : *relays)
    answers.push_back({relay.region, "relay", relay.name, "", relay.program, relay.error, relay.took});
}

asio::awaitable<void> ping_all(std::vector<Answer>& relays, std::vector<Answer>& targets, fleet::FleetLinks& links,
                               io::CancelToken token) {
  // Relays first: a target's time is then its own login, and a relay's is not counted a hundred times.
  co_await ping_relays(relays, links, token);
  if (token.cancelled()) co_return;
  std::vector<asio::awaitable<void>> work;
  for (std::size_t i = 0; i < targets.size(); ++i) work.push_back(ping_target(targets[i], links, i, token));
  co_await io::gather(std::move(work));
}

std::string to_json(const Answer& answer) {
  JsonObject out;
  out.add("region", answer.region).add("host", answer.host).add("answered", !answer.error);
  out.add("seconds", static_cast<double>(answer.took.count()) / 1000)
      .add_if("route", answer.route)
      .add_if("agent", answer.agent);
  if (answer.error) out.add_raw("error", cli::to_json(*answer.error).text());
  return out.text();
}

void print_json(Context& context, const std::vector<Answer>& relays, const std::vector<Answer>& targets) {
  std::vector<std::string> r, t;
  for (const auto& relay : relays) r.push_back(to_json(relay));
  for (const auto& target : targets) t.push_back(to_json(target));
  context.print_json(JsonObject().add_raw("relays", json_array(r)).add_raw("targets", json_array(t)));
}

void print_text(Context& context, const std::vector<Answer>& relays, const std::vector<Answer>& targets) {
  output::Table table({{"REGION"}, {"ROLE"}, {"HOST"}, {"TIME", true}, {"", false, true}});
  for (const auto* answers : {&relays, &targets})
    for (const auto& a : *answers)
      table.row({a.region, a.role, a.host, fmt::format("{:.2f} s", static_cast<double>(a.took.count()) / 1000),
                 a.error           ? a.error->text()
                 : a.route.empty() ? a.agent
                                   : a.agent + " by " + a.route},
                a.error ? output::Tone::bad : output::Tone::plain);
  context.print_lines(table.lines(context.width()));
}

// Each hint once: twenty targets refuse the same key for the same reason.
void print_hints(Context& context, const std::vector<Answer>& relays, const std::vector<Answer>& targets) {
  std::vector<std::string> said;
  for (const auto* answers : {&relays, &targets})
    for (const auto& a : *answers) {
      if (!a.error || a.error->hint.empty() || said.size() == 3) continue;
      if (std::find(said.begin(), said.end(), a.error->hint) != said.end()) continue;
      said.push_back(a.error->hint);
      context.note(a.host + ": " + a.error->hint);
    }
}

std::size_t answered(const std::vector<Answer>& answers) {
  return static_cast<std::size_t>(
      std::count_if(answers.begin(), answers.end(), [](const auto& a) { return !a.error; }));
}

int verdict(Context& context, const std::vector<Answer>& relays, const std::vector<Answer>& targets) {
  const auto good = answered(relays) + answered(targets), all = relays.size() + targets.size();
  context.note(fmt::format("{} of {} hosts answered", output::number(good), output::number(all)));
  if (good == all) return exit_codes::done;
  return good == 0 ? exit_codes::unreachable : exit_codes::incomplete;
}

Result<int> ping(const std::string& named, Context& context) {
  DEPLOYCTL_TRY(plan, load_plan(context, named));
  DEPLOYCTL_TRY(session, FleetSession::open(plan, context));
  std::vector<Answer> relays, targets;
  for (const auto& region : plan.fleet.regions)
    for (const auto& target : region.targets)
      targets.push_back({region.name, "target", target.name(), "", "", {}, Duration{0}});
  session->run(ping_all(relays, targets, session->links(), context.cancel()));
  if (context.cancel().cancelled()) return fail(Code::cancelled, "interrupted");
  if (context.json()) print_json(context, relays, targets);
  print_text(context, relays, targets);
  print_hints(context, relays, targets);
  return verdict(context, relays, targets);
}

}  // namespace

Command fleet_ping_command() {
  auto options = std::make_shared<PingOptions>();
  return {.name = "ping",
          .summary = "log in to every relay and target",
          .declare = [options](Arguments& a) { a.positional("PLAN", options->plan, "the release plan (deploy.yaml)"); },
          .run =
              [options](Context& context) {
                return each_service(context, options->plan, [&](const std::string& named) {
                  const auto code = ping(named, context);
                  return code ? *code : context.fail_with(code.error());
                });
              },
          .subcommands = {},
          .details = "The agent is installed where it is missing; nothing else is changed."};
}

}  // namespace deployctl::cli
