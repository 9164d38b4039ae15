// deployctl freeze: nothing is deployed until then, by somebody's word; --lift takes it back; alone it shows what is
// frozen.
#include "cli/commands/freeze.hpp"

#include "cli/flows/freezing.hpp"
#include "cli/flows/service_group.hpp"
#include "cli/flows/steering.hpp"
#include "cli/session/context.hpp"
#include "cli/session/plan_event.hpp"
#include "cli/session/plan_loading.hpp"

namespace deployctl::cli {
namespace {

struct FreezeOptions {
  std::string plan, until, zone, reason;
  bool lift = false;
};

constexpr std::chrono::days shown_ahead{14};  // windows that are shown

Status check_options(const FreezeOptions& options) {
  if (options.lift && !options.until.empty()) return fail(Code::invalid, "--until and --lift can't both be");
  if (options.until.empty() && !options.zone.empty()) return fail(Code::invalid, "--zone is for --until");
  if (options.until.empty() && !options.lift && !options.reason.empty())
    return fail(Code::invalid, "--reason is for --until and --lift");
  return {};
}

// "4h", or a moment in the zone.
Result<WallTime> end_of(const FreezeOptions& options, const std::string& zone, WallTime now) {
  if (const auto duration = parse_duration(options.until)) return now + *duration;
  auto moment = model::FreezeMoment::parse(options.until);
  if (!moment)
    return fail(
        with_hint(with_context(moment.error(), "--until"), "such as 4h, 22:00, \"mon 08:00\" or \"2026-12-20 16:00\""));
  DEPLOYCTL_TRY(end, calendar::wall_of(*moment, zone, now));
  if (end <= now) return fail(Code::invalid, "--until: " + to_string(*moment) + " is over");
  return end;
}

Status say(Context& context, ledger::Ledger& ledger, const model::Plan& plan, const FreezeOptions& options,
           WallTime now) {
  const auto zone = options.zone.empty() ? calendar::local_zone() : options.zone;
  ledger::FreezeRow row{WallTime{}, who_says(), options.reason, now};
  if (!options.lift) {
    DEPLOYCTL_TRY(end, end_of(options, zone, now));
    row.until = end;
  }
  DEPLOYCTL_CHECK(ledger.add_freeze(plan.service, plan.environment, row));
  if (options.lift) context.note("what was said is lifted; calendars of plan and fleet stand");
  return {};
}

Result<std::optional<calendar::Freeze>> next_window(const model::Plan& plan, WallTime now) {
  return calendar::next_after(freeze_windows(plan), now, now + shown_ahead);
}

Status show(Context& context, ledger::Ledger& ledger, const model::Plan& plan, WallTime now) {
  DEPLOYCTL_TRY(words, frozen_words(plan, ledger, now));
  DEPLOYCTL_TRY(next, next_window(plan, now));
  if (context.json()) {
    JsonObject body;
    body.add_raw("frozen", words.empty() ? "false" : "true").add_if("words", words);
    if (next)
      body.add("next_from", to_string(next->from))
          .add("next_until", to_string(next->until))
          .add_if("next_reason", next->reason);
    context.emit(plan_event(plan, "freeze", body));
    return {};
  }
  const std::string what = "deploys of " + plan.service + " (" + plan.environment + ") are ";
  context.print(what + (words.empty() ? "not frozen" : words) + "\n");
  if (!next) return {};
  DEPLOYCTL_TRY(line, window_words(*next));
  context.print("next freeze: " + line + "\n");
  return {};
}

Result<int> freeze(Context& context, const FreezeOptions& options, const std::string& named) {
  DEPLOYCTL_CHECK(check_options(options));
  DEPLOYCTL_TRY(plan, load_plan(context, named));
  DEPLOYCTL_TRY(ledger, context.ledger());
  const auto now = system_clock().wall();
  if (options.lift || !options.until.empty()) {
    DEPLOYCTL_CHECK(say(context, *ledger, plan, options, now));
  }
  DEPLOYCTL_CHECK(show(context, *ledger, plan, now));
  return exit_codes::done;
}

}  // namespace

Command freeze_command() {
  auto options = std::make_shared<FreezeOptions>();
  Command command{"freeze", "let nothing be deployed for a time, or show what is frozen", {}, {}, {}, {}};
  command.declare = [options](Arguments& a) {
    a.positional("PLAN", options->plan, "the release plan");
    a.option("--until", "WHEN", options->until,
             "from now: a duration such as 4h, or a date, day or time such as \"mon 08:00\"");
    a.option("--zone", "ZONE", options->zone, "the time zone of WHEN, such as Europe/Berlin; else this machine's");
    a.option("--reason", "TEXT", options->reason, "why; shown to whoever deploys");
    a.flag("--lift", options->lift, "take back what was said before");
  };
  command.run = [options](Context& context) {
    return each_service(context, options->plan, [&](const std::string& named) {
      const auto code = freeze(context, *options, named);
      return code ? *code : context.fail_with(code.error());
    });
  };
  command.details =
      "For this control host's ledger; the fleet's `freeze` holds for everybody. Rollbacks are never frozen.";
  return command;
}

}  // namespace deployctl::cli
