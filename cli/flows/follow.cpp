#include "cli/flows/follow.hpp"

#include <poll.h>

#include "cli/flows/rollout_exit.hpp"
#include "cli/session/context.hpp"
#include "cli/session/interrupt.hpp"
#include "cli/session/next_step.hpp"
#include "cli/session/progress_scope.hpp"
#include "cli/session/rollout_request.hpp"
#include "core/host/this_process.hpp"

namespace deployctl::cli {
namespace {

constexpr int ledger_poll_ms = 250;

struct Followed {
  std::uint64_t seen = 0;
  std::optional<int> code;  // its last word was its end, or that it came to rest
};

Status learn_of(ledger::Ledger& ledger, const std::string& id, std::uint64_t until, ProgressScope& view) {
  if (until == 0) return {};
  return ledger.for_each_event(id, 0, [&](const ledger::EventRow& row) {
    if (row.seq > until) return false;
    if (const auto event = events::parse_event(row.json)) view.learn(*event);
    return true;
  });
}

// What came since. Stops when the user does, so that a rollout that records faster than it is shown can't hold the
// terminal.
Status show_more(ledger::Ledger& ledger, const std::string& id, Followed& so_far, const events::EventSink& sink,
                 const io::CancelToken& stop) {
  return ledger.for_each_event(id, so_far.seen, [&](const ledger::EventRow& row) {
    so_far.seen = row.seq;
    const auto event = events::parse_event(row.json);
    if (!event) return !stop.cancelled();
    sink(*event);
    so_far.code.reset();
    if (event->name == "rollout_finished") so_far.code = exit_code_of_end(*event);
    return !stop.cancelled();
  });
}

}  // namespace

bool is_driven(const ledger::RolloutRow& row) {
  return row.state == ledger::RolloutState::running && !host::is_dead_here(row.boot_id, row.pid, row.pid_start);
}

Result<int> follow(Context& context, const ledger::RolloutRow& row, std::uint64_t after) {
  DEPLOYCTL_TRY(ledger, context.ledger());
  const auto asked = RolloutRequest::parse(row.order_json);
  const auto invocation =
      asked ? Invocation::of(context.globals(), *asked) : Invocation::of(context.globals(), std::string());
  ProgressScope view(context, invocation);
  Followed so_far{after, {}};
  DEPLOYCTL_CHECK(learn_of(*ledger, row.id, after, view));
  for (;;) {
    DEPLOYCTL_TRY(now, ledger->rollout(row.id));  // before its events: what it said last is seen
    DEPLOYCTL_CHECK(show_more(*ledger, row.id, so_far, view.sink(), context.cancel()));
    if (so_far.code && (!now || !is_driven(*now))) break;
    if (now && !is_driven(*now)) {
      view.finish();
      if (ledger::is_unfinished(now->state))
        return fail(with_hint(error(Code::disconnected, "no process drives rollout " + row.id + " any more"),
                              command_for({rollout::Advice::Kind::resume, row.id}, invocation)));
      return fail(Code::not_found, "rollout " + row.id + " is " + to_string(now->state) + ": " + now->reason);
    }
    view.tick();
    pollfd waits{context.cancel().fd(), POLLIN, 0};
    (void)::poll(&waits, 1, ledger_poll_ms);
    if (context.cancel().cancelled()) {
      view.finish();
      context.note("rollout " + row.id + " goes on; only the watching ended");
      return Interrupt::exit_code();
    }
  }
  view.finish();
  return *so_far.code;
}

}  // namespace deployctl::cli
