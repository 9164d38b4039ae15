// What happens by itself while commands go on.
#include "core/io/deadline.hpp"
#include "tests/simulation/world.hpp"

namespace deployctl::simulation {

awaitable<void> World::come_later(Command command, Duration after) {
  co_await io::sleep_for(after);
  --coming_;
  begin(std::move(command));
}

awaitable<void> World::stop_later(std::size_t number, Duration after, Duration for_how_long) {
  co_await io::sleep_for(after);
  controllers_[number]->stopped = true;
  say(controllers_[number]->name, "is stopped");
  co_await io::sleep_for(for_how_long);
  controllers_[number]->stopped = false;
  say(controllers_[number]->name, "goes on");
}

awaitable<void> World::trouble(std::size_t number) {
  auto& target = *targets_[number];
  for (unsigned n = chance_.between(1, 3); n > 0; --n) {
    co_await io::sleep_for(chance_.ms(0, 200'000));
    if (healed_) co_return;
    switch (chance_.below(5)) {
      case 0:
        say(target.name(), "goes down");
        network_->disturbed[number] = time_.steady();
        target.go_down();
        co_await io::sleep_for(chance_.ms(1'000, 200'000));
        if (!target.up()) target.come_up(chance_.percent(60));
        say(target.name(), "is up");
        break;
      case 1:
        say(target.name(), "its agent dies");
        network_->disturbed[number] = time_.steady();
        target.kill_agent();
        break;
      case 2:
        say(target.name(), "its activation dies");
        target.kill_activation();
        break;
      default:
        say(target.name(), "falls sick where its release does");
        const bool served = target.serves();
        target.make_sick(true);
        if (served && !target.serves()) known_[number].fell = time_.steady();  // be it in an activation's last moment
    }
  }
}

awaitable<void> World::speak() {
  while (!all_over_) {
    co_await io::sleep_for(chance_.ms(20'000, 300'000));
    for (auto& ledger : ledgers_)
      for (const auto& row : ledger->rows()) {
        if (row.state != ledger::RolloutState::running) continue;
        for (const char* wave : {"canary", "all"})
          (void)ledger->add_command(row.id, {0, "approve", wave, "op", "", {}});
        static constexpr const char* words[] = {"promote", "resume", "resume", "pause", "abort", "promote"};
        (void)ledger->add_command(row.id, {0, healed_ ? "promote" : words[chance_.below(6)], "", "op", "", {}});
      }
  }
}

// A window of the calendar, from no time to a while after all is well.
awaitable<void> World::freeze() {
  co_await io::sleep_for(chance_.ms(0, 400'000));
  frozen_ = "frozen by the calendar";
  frozen_since_ = time_.steady();
  say("calendar", "freezes deploys");
  co_await io::sleep_for(chance_.ms(1'000, 900'000));
  frozen_.clear();
  say("calendar", "lets them go on");
}

awaitable<void> World::fill_disks() {
  co_await io::sleep_for(chance_.ms(0, 300'000));
  auto& ledger = *ledgers_[chance_.below(2)];
  ledger.full = !healed_;
  co_await io::sleep_for(chance_.ms(1'000, 100'000));
  ledger.full = false;
}

}  // namespace deployctl::simulation
