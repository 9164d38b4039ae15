// What goes on beside the targets while a rollout runs: hooks of this host, gates, words that somebody says to it,
// grants that are renewed.
#include "core/io/deadline.hpp"
#include "core/io/until_set.hpp"
#include "core/rollout/driver/run.hpp"

namespace deployctl::rollout::detail {
namespace {

constexpr Duration renew_every{std::chrono::seconds(5)};

}  // namespace

awaitable<void> Run::run_hook(ControlHook hook) {
  auto done = co_await parts.run_hook(hook, parts.interrupt);
  std::optional<Error> failure;
  if (!done) failure = done.error();
  parts.recorder.add(story.of_hook(hook, failure));
  post(HookEnded{hook, failure});
}

model::GateQuestion Run::question(WaveIndex wave, std::size_t gate) const {
  model::GateQuestion question;
  question.gate = order.spec.waves[wave].gates[gate];
  question.service = order.ticket.place.service();
  question.environment = order.ticket.place.environment();
  question.version = order.goal.version;
  question.rollout = order.ticket.rollout();
  question.wave = order.spec.waves[wave].name;
  for (TargetIndex t = 0; t < order.spec.targets.size(); ++t)
    (machine.state(t) == TargetState::active ? question.updated : question.others)
        .push_back(order.spec.targets[t].name);
  return question;
}

awaitable<void> Run::ask_gate(WaveIndex wave, std::size_t gate) {
  Measured measured{Measured::How::inconclusive, "nobody here can ask it"};
  if (parts.ask_gate) {
    auto asked = parts.ask_gate(question(wave, gate), stop);
    measured = co_await std::move(asked);
  }
  if (stop.cancelled()) co_return;
  parts.recorder.add(story.of_gate(wave, gate, measured));
  post(GateAnswered{wave, gate, std::move(measured)});
}

void Run::look_at_calendar() {
  if (!parts.frozen) return;
  auto words = parts.frozen();
  if (words == frozen) return;
  frozen = words;
  post(Frozen{std::move(words)});
}

// Words come by the ledger, from whatever terminal; freezes by it and by the calendar.
awaitable<void> Run::listen() {
  for (;;) {
    const auto rested = co_await io::pause_for(parts.listen_every, stop);
    if (!rested) co_return;
    look_at_calendar();
    if (!parts.hear) continue;
    for (auto& word : parts.hear()) {
      parts.recorder.add(story.of_word(word));
      post(std::move(word));
    }
  }
}

awaitable<void> Run::watch_interrupt() {
  const auto set = co_await io::until_set(parts.interrupt, stop);
  if (set) post(Interrupt{});
}

awaitable<void> Run::renew_all() {
  for (;;) {
    const auto rested = co_await io::pause_for(renew_every, stop);
    if (!rested) co_return;
    for (TargetIndex i = 0; i < order.survey.size(); ++i)
      if (order.survey[i].reply && !renewing[i]) spawn(renew(i));
  }
}

// Only a newer grant is news; a link that broke is found out by what needs it.
awaitable<void> Run::renew(TargetIndex target) {
  renewing[target] = true;
  auto done = co_await io::with_cancel(parts.links.call(target, renew_grant(order.ticket), check_limit), stop, "renew");
  renewing[target] = false;
  if (done)
    taken.erase(target);
  else if (done.error().code == Code::locked && !stop.cancelled())
    refused(target, done.error());
}

// A target says that its grant is another's. One host's word ends nothing: the rollout goes on while most targets are
// its own, and asks the others at once, since a rollout that takes over takes a majority. Targets that are another's
// refuse by themselves whatever is asked of them.
void Run::refused(TargetIndex target, Error why) {
  if (!taken.insert(target).second) return;
  std::size_t ours = 0;
  for (TargetIndex i = 0; i < order.survey.size(); ++i) ours += order.survey[i].reply && !taken.contains(i) ? 1 : 0;
  if (ours * 2 <= order.survey.size()) return post(Superseded{std::move(why)});
  for (TargetIndex i = 0; i < order.survey.size(); ++i)
    if (order.survey[i].reply && !taken.contains(i) && !renewing[i]) spawn(renew(i));
}

}  // namespace deployctl::rollout::detail
