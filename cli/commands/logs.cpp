// deployctl logs: what happened in a rollout, event by event, with what its hooks printed; from the ledger, no host is
// asked. Events are read one after another: memory does not grow with the rollout.
#include "cli/commands/logs.hpp"

#include <utility>

#include "cli/output/plain_lines.hpp"
#include "cli/session/context.hpp"
#include "cli/session/next_step.hpp"
#include "core/ledger/ledger.hpp"

namespace deployctl::cli {
namespace {

struct LogsOptions {
  std::string rollout, target;
};

// "09:15:02" of "2026-11-24T09:15:02.120Z"
std::string clock_time(WallTime time) { return to_string(time).substr(11, 8); }

// The board takes every event, so that each line knows what came before it; only those of the target are printed.
class Printer {
 public:
  Printer(Context& context, std::string target) : context_(context), target_(std::move(target)) {}

  void take(const events::Event& event, const std::string& json) {
    ++taken_;
    const bool wanted = target_.empty() || event.target == target_;
    if (wanted) ++wanted_;
    if (context_.json()) {
      if (wanted) context_.print_json_line(json);
      return;
    }
    board_.take(event);
    const auto lines = words_.of(event, board_);
    if (wanted) print(event.time, lines);
  }

  bool any() const { return taken_ > 0; }
  bool any_wanted() const { return wanted_ > 0; }

 private:
  void print(WallTime time, const output::Lines& lines) {
    if (lines.empty()) return;
    output::Lines stamped;
    const auto today = to_string(time).substr(0, 10);
    if (today != std::exchange(day_, today)) stamped.emplace_back(today + " (UTC)", output::Tone::dim);
    for (const auto& line : lines)
      stamped.push_back(output::Line(clock_time(time) + "  ", output::Tone::dim).add(line));
    context_.print_lines(stamped);
  }

  Context& context_;
  const std::string target_;
  output::Board board_;
  output::PlainLines words_{output::Detail::all};
  std::string day_;
  std::size_t taken_ = 0, wanted_ = 0;
};

Result<int> logs(const LogsOptions& options, Context& context) {
  DEPLOYCTL_TRY(ledger, context.ledger());
  DEPLOYCTL_TRY(row, ledger->rollout(options.rollout));
  if (!row)
    return fail(with_hint(error(Code::not_found, "no rollout '" + options.rollout + "' on this host"),
                          "see what it knows: " + command_for({rollout::Advice::Kind::list_rollouts},
                                                              Invocation::of(context.globals(), std::string()))));
  Printer printer(context, options.target);
  Status readable;
  DEPLOYCTL_CHECK(ledger->for_each_event(row->id, 0, [&](const ledger::EventRow& one) {
    const auto event = events::parse_event(one.json);
    if (event)
      printer.take(*event, one.json);
    else
      readable = fail(with_context(event.error(), "event " + std::to_string(one.seq) + " of " + row->id));
    const bool reader_is_there = std::ferror(context.streams().out) == 0;
    return event && reader_is_there && !context.cancel().cancelled();
  }));
  if (!readable) return fail(readable.error());
  if (context.cancel().cancelled()) return fail(Code::cancelled, "interrupted");
  if (printer.any() && !printer.any_wanted())
    return fail(with_hint(error(Code::not_found, row->id + " has no event of a target '" + options.target + "'"),
                          "name a target as the fleet does: HOST or HOST:PORT"));
  if (!printer.any()) context.note(row->id + " has no events");
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

}  // namespace deployctl::cli
