// deployctl logs: what happened in a rollout, event by event, with what its hooks printed; from the ledger, no host is asked.
#include "cli/commands/commands.hpp"
#include "cli/commands/context.hpp"
#include "cli/commands/next_step.hpp"
#include "cli/output/plain_lines.hpp"
#include "core/ledger/ledger.hpp"

namespace deployctl::commands {
namespace {

struct LogsOptions {
  std::string rollout, target;
};

struct Told {
  rollout::Event event;
  std::string json;
};

Result<std::vector<Told>> events_of(ledger::Ledger& ledger, const std::string& id) {
  DEPLOYCTL_TRY(rows, ledger.events(id));
  std::vector<Told> out;
  for (const auto& row : rows) {
    auto event = rollout::parse_event(row.json);
    if (!event) return fail(with_context(event.error(), "event " + std::to_string(row.seq) + " of " + id));
    out.push_back({std::move(*event), row.json});
  }
  return out;
}

// "09:15:02" of "2026-11-24T09:15:02.120Z"
std::string clock_time(WallTime time) { return to_string(time).substr(11, 8); }

// The board hears of every event, so that each line knows what came before it; only those of the target are shown.
void print_text(Context& context, const std::vector<Told>& all, const std::string& target) {
  output::Board board;
  output::PlainLines words(output::Detail::all);
  std::string day;
  for (const auto& told : all) {
    board.take(told.event);
    const auto lines = words.of(told.event, board);
    if (!target.empty() && told.event.target != target) continue;
    output::Lines stamped;
    const auto today = to_string(told.event.time).substr(0, 10);
    if (today != day && !lines.empty()) stamped.emplace_back(today + " (UTC)", output::Tone::dim);
    if (!lines.empty()) day = today;
    for (const auto& line : lines) stamped.push_back(output::Line(clock_time(told.event.time) + "  ", output::Tone::dim).add(line));
    context.print_lines(stamped);
  }
}

Result<int> logs(const LogsOptions& options, Context& context) {
  DEPLOYCTL_TRY(ledger, context.ledger());
  DEPLOYCTL_TRY(row, ledger->rollout(options.rollout));
  if (!row)
    return fail(with_hint(error(Code::absent, "no rollout '" + options.rollout + "' on this host"),
                          "see what it knows: " + command_for({rollout::Advice::Kind::list_rollouts}, Invocation::of(context.globals(), std::string()))));
  DEPLOYCTL_TRY(events, events_of(*ledger, row->id));
  bool any = events.empty() || options.target.empty();
  for (const auto& told : events) {
    const bool wanted = options.target.empty() || told.event.target == options.target;
    any = any || wanted;
    if (context.json() && wanted) context.print_json_line(told.json);
  }
  if (!any)
    return fail(with_hint(error(Code::absent, row->id + " has no event of a target '" + options.target + "'"),
                          "name a target as the fleet does: HOST or HOST:PORT"));
  if (!context.json()) print_text(context, events, options.target);
  if (events.empty()) context.note(row->id + " has no events");
  return exit_codes::done;
}

}  // namespace

Command logs_command() {
  auto options = std::make_shared<LogsOptions>();
  return {.name = "logs",
          .summary = "what happened in a rollout, and what its hooks printed",
          .declare =
              [options](Arguments& a) {
                a.positional("ROLLOUT", options->rollout, "a rollout's id, or its beginning (deployctl history)");
                a.option("--target", "TARGET", options->target, "of this target only, named as in the fleet");
              },
          .run =
              [options](Context& context) {
                const auto code = logs(*options, context);
                return code ? *code : context.fail_with(code.error());
              },
          .subcommands = {},
          .details = "Read from this host's ledger; no host is asked."};
}

}  // namespace deployctl::commands
