// deployctl pause, resume, promote, abort, approve: words to a rollout, from any terminal.
#include "cli/commands/steer.hpp"

#include <nlohmann/json.hpp>

#include "cli/flows/follow.hpp"
#include "cli/flows/steering.hpp"
#include "cli/session/context.hpp"
#include "cli/session/invocation.hpp"
#include "core/events/event.hpp"
#include "core/model/bounded_json.hpp"
#include "core/rollout/decision/advice.hpp"
#include "core/rollout/driver/operator_commands.hpp"

namespace deployctl::cli {
namespace {

using To = rollout::OperatorCommand::Kind;

struct SteerOptions {
  std::string rollout, reason, wave, override_freeze;
  bool stay = false;
};

std::string by(const SteerOptions& options) {
  return who_says() + (options.reason.empty() ? "" : " (" + options.reason + ")");
}

void note_resume(Context& context, const Found& found) {
  context.note_next({rollout::Advice::Kind::resume, found.row.id}, Invocation::of(context.globals(), std::string()));
}

Result<int> pause(const SteerOptions& options, Context& context) {
  DEPLOYCTL_TRY(found, find_unfinished(context, options.rollout));
  if (!is_driven(found.row)) {
    context.note("no process drives " + found.row.id + ", so nothing goes on");
    note_resume(context, found);
    return exit_codes::done;
  }
  DEPLOYCTL_CHECK(say(context, found, to_string(To::pause), options.reason));
  context.note(found.row.id + " is paused; what is in flight comes to its end");
  note_resume(context, found);
  return exit_codes::done;
}

// Said to its driver and watched, or driven from here.
Result<int> go_on_with(const SteerOptions& options, Context& context, To to) {
  DEPLOYCTL_TRY(found, find_unfinished(context, options.rollout));
  if (!is_driven(found.row)) {
    std::vector<rollout::MachineEvent> words;
    if (to != To::resume) words.push_back(rollout::OperatorCommand{to, by(options)});
    return go_on(context, found, std::move(words));
  }
  DEPLOYCTL_TRY(before, found.ledger->last_seq(found.row.id));
  DEPLOYCTL_CHECK(say(context, found, to_string(to), options.reason));
  return follow(context, found.row, before);
}

Result<int> resume(const SteerOptions& options, Context& context) {
  if (!options.override_freeze.empty()) {
    DEPLOYCTL_TRY(found, find_unfinished(context, options.rollout));
    DEPLOYCTL_CHECK(say(context, found, to_string(To::override_freeze), options.override_freeze));
  }
  return go_on_with(options, context, To::resume);
}

Result<int> abort_it(const SteerOptions& options, Context& context) {
  DEPLOYCTL_TRY(code, go_on_with(options, context, options.stay ? To::abort_and_stay : To::abort));
  DEPLOYCTL_TRY(ledger, context.ledger());
  DEPLOYCTL_TRY(row, ledger->rollout(options.rollout));
  const auto wanted = options.stay ? ledger::RolloutState::aborted : ledger::RolloutState::rolled_back;
  return row && row->state == wanted ? exit_codes::done : code;
}

// The wave whose approval it waits for, as its events tell.
Result<std::string> waiting_wave(const Found& found) {
  std::string wave;
  DEPLOYCTL_CHECK(found.ledger->for_each_event(found.row.id, 0, [&](const ledger::EventRow& row) {
    const auto event = events::parse_if_named(row.json, {"rollout_waiting", "rollout_going_on"});
    if (!event) return true;
    const auto body = model::try_parse_json(event->body);
    const bool waits = event->name == "rollout_waiting" && body.is_object() && body.value("for", "") == "approval";
    wave = waits ? event->wave : "";
    return true;
  }));
  if (!wave.empty()) return wave;
  return fail(with_hint(error(Code::invalid, found.row.id + " waits for no approval now"),
                        "name the wave that you approve ahead: --wave NAME"));
}

Status check_wave(const Found& found, const std::string& wave) {
  std::string names;
  bool known = false;
  DEPLOYCTL_CHECK(found.ledger->for_each_event(found.row.id, 0, [&](const ledger::EventRow& row) {
    const auto event = events::parse_if_named(row.json, {"rollout_started"});
    if (!event) return true;
    const auto body = model::try_parse_json(event->body);
    names.clear();
    for (const auto& one : body.value("waves", nlohmann::json::array())) {
      known = known || one.value("name", "") == wave;
      names += (names.empty() ? "" : ", ") + one.value("name", "");
    }
    return !known;
  }));
  if (known) return {};
  return fail(with_hint(error(Code::invalid, found.row.id + " has no wave '" + wave + "'"), "its waves: " + names));
}

Result<int> approve(const SteerOptions& options, Context& context) {
  DEPLOYCTL_TRY(found, find_unfinished(context, options.rollout));
  std::string wave = options.wave;
  if (wave.empty()) {
    DEPLOYCTL_TRY(waiting, waiting_wave(found));
    wave = waiting;
  } else {
    DEPLOYCTL_CHECK(check_wave(found, wave));
  }
  DEPLOYCTL_CHECK(say(context, found, rollout::approve_word, options.reason, wave));
  context.note("approved wave '" + wave + "' of " + found.row.id);
  if (!is_driven(found.row)) note_resume(context, found);
  return exit_codes::done;
}

Command command(const char* name, const char* summary, Result<int> (*run)(const SteerOptions&, Context&),
                void (*more)(Arguments&, SteerOptions&), const char* details) {
  auto options = std::make_shared<SteerOptions>();
  return {.name = name,
          .summary = summary,
          .declare =
              [options, more](Arguments& a) {
                a.positional("ROLLOUT", options->rollout, "a rollout's id, or its beginning (deployctl status)");
                a.option("--reason", "TEXT", options->reason, "why; recorded with the rollout");
                if (more) more(a, *options);
              },
          .run =
              [options, run](Context& context) {
                const auto code = run(*options, context);
                return code ? *code : context.fail_with(code.error());
              },
          .subcommands = {},
          .details = details};
}

}  // namespace

Command pause_command() {
  return command("pause", "let a running rollout begin nothing new", pause, nullptr,
                 "What is in flight comes to its end. Without a terminal the rollout then rests, and exits 9.");
}

Command resume_command() {
  const auto more = [](Arguments& a, SteerOptions& options) {
    a.option("--override-freeze", "REASON", options.override_freeze, "although deploys are frozen; recorded");
  };
  return command("resume", "go on with a rollout that was paused or whose driver died", resume, more,
                 "Shows it to its end and answers its exit code. What the targets run is read first.");
}

Command promote_command() {
  const auto run = [](const SteerOptions& options, Context& context) {
    return go_on_with(options, context, To::promote);
  };
  return command(
      "promote", "skip the rest of a wave's bake time, gates and pause", run, nullptr,
      "Not an approval that is needed: that is approve's. Shows the rollout to its end and answers its exit code.");
}

Command abort_command() {
  const auto more = [](Arguments& a, SteerOptions& options) {
    a.flag("--stay", options.stay, "leave every target on what it runs now");
  };
  return command(
      "abort", "end a rollout, and take back what it touched", abort_it, more,
      "Exits 0 when every target that was touched runs what it ran before; with --stay when the rollout has ended.");
}

Command approve_command() {
  const auto more = [](Arguments& a, SteerOptions& options) {
    a.option("--wave", "NAME", options.wave, "this wave, ahead of time; else the one that is waited for");
  };
  return command("approve", "let a wave begin that needs an approval", approve, more, "");
}

}  // namespace deployctl::cli
