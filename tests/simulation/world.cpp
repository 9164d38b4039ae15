#include "tests/simulation/world.hpp"

#include <fmt/core.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/deadline.hpp"

namespace deployctl::simulation {
namespace {

constexpr Duration longest{std::chrono::hours(48)};

// One chunk, always there.
struct OneChunk final : payload::ChunkSource {
  OneChunk() {
    index_.lengths = {1};
    index_.digests = {sha256("x")};
  }
  const payload::Index& index() const override { return index_; }
  awaitable<Result<Bytes>> read(std::uint32_t) override { co_return Bytes{'x'}; }
  payload::Index index_;
};

struct AnyPayload final : payload::PayloadSource {
  awaitable<Result<std::shared_ptr<payload::ChunkSource>>> get(Digest, std::optional<Digest>, payload::Preference) override {
    co_return std::make_shared<OneChunk>();
  }
  awaitable<std::shared_ptr<payload::ChunkSource>> made(Digest, std::optional<Digest>) override { co_return nullptr; }
};

AnyPayload any_payload;

}  // namespace

World::World(std::uint64_t seed, Broken broken, bool talks) : chance_(seed), broken_(broken), talks_(talks) {
  make_releases();
  make_fleet();
  make_plan();
  make_trouble();
}

World::~World() {
  controllers_.clear();
}

void World::make_releases() {
  releases_.push_back(make_release("v0"));
  for (const char* version : {"v1", "v2", "v3"}) {
    auto release = make_release(version);
    for (std::size_t t = 0; t < 24; ++t) {
      if (chance_.one_in(14)) release.start_fails.insert(t);
      if (chance_.one_in(14)) release.never_healthy.insert(t);
      if (chance_.one_in(10)) release.sick_later.insert(t);
    }
    if (chance_.percent(60)) release.start_fails.clear(), release.never_healthy.clear(), release.sick_later.clear();
    releases_.push_back(std::move(release));
  }
  releases_.push_back(make_release("final"));
}

void World::make_fleet() {
  const unsigned regions = chance_.between(1, 3);
  for (unsigned r = 0; r < regions; ++r) {
    region_begins_.push_back(targets_.size());
    model::Region region;
    region.name = fmt::format("r{}", r);
    for (unsigned i = 0, n = chance_.between(1, 6); i < n; ++i) {
      model::Target target;
      target.endpoint.host = fmt::format("t{}", targets_.size());
      targets_.push_back(std::make_unique<SimTarget>(world_.executor(), chance_, releases_, *this, targets_.size(), target.endpoint.host));
      targets_.back()->install_first(0);
      targets_.back()->ignores_epochs = broken_ == Broken::epochs;
      region.targets.push_back(std::move(target));
    }
    plan_.fleet.regions.push_back(std::move(region));
  }
  region_begins_.push_back(targets_.size());
  known_.resize(targets_.size());
  network_ = std::make_unique<SimNetwork>(SimNetwork{chance_, world_, targets_});
  network_->disturbed.resize(targets_.size());
  network_->lies = broken_ == Broken::lies;
  for (int host = 0; host < 3; ++host) {
    ledgers_.push_back(std::make_unique<SimLedger>());
    ledgers_.back()->forgets = broken_ == Broken::ledger;
  }
}

void World::make_plan() {
  plan_.service = "s";
  plan_.file = "/plan.yaml";
  plan_.release.deploy_to = "/srv/s";
  auto& rules = plan_.rollout;
  std::size_t smallest = 99;
  for (const auto& region : plan_.fleet.regions) smallest = std::min(smallest, region.targets.size());
  rules.max_parallel = model::Amount{chance_.between(1, 3), false};
  if (smallest > 1 && chance_.percent(60)) rules.min_healthy = model::Amount{chance_.below(static_cast<unsigned>(smallest)), false};
  rules.max_failed = model::Amount{chance_.below(3), false};
  rules.max_unhealthy = model::Amount{chance_.below(3), false};
  rules.max_unreachable = model::Amount{chance_.below(4), false};
  rules.on_failure = static_cast<model::OnFailure>(chance_.percent(70) ? 0 : chance_.below(3));
  rules.min_healthy_time = Duration(chance_.percent(30) ? chance_.below(20'000) : 0);
  rules.catch_up = Duration(0);
  model::Wave canary, all;
  canary.name = "canary";
  canary.regions = {plan_.fleet.regions[0].name};
  canary.targets = model::Amount{1, false};
  canary.bake_time = Duration(chance_.percent(60) ? chance_.below(120'000) : 0);
  all.name = "all";
  for (const auto& region : plan_.fleet.regions) all.regions.push_back(region.name);
  all.max_parallel_regions = chance_.between(1, 3);
  all.bake_time = Duration(chance_.percent(30) ? chance_.below(60'000) : 0);
  all.approval = chance_.percent(10);
  canary.pause = chance_.percent(10);
  const bool split = targets_.size() > 1 && chance_.percent(70);
  rules.waves = split ? std::vector{canary, all} : std::vector{all};
  spec_ = rollout::make_spec(plan_).value();
  told_plan_ = plan_;
  if (broken_ == Broken::floor) {
    told_plan_.rollout.min_healthy = model::Amount{0, false};
    told_plan_.rollout.max_parallel = model::Amount{100, true};
  }
}

void World::make_trouble() {
  network_->loss_percent = chance_.percent(50) ? chance_.below(6) : 0;
  for (unsigned n = chance_.percent(50) ? chance_.between(1, 3) : 0; n > 0; --n) {
    Partition cut;
    cut.first = chance_.below(static_cast<unsigned>(targets_.size()));
    cut.last = std::min(targets_.size() - 1, cut.first + chance_.below(5));
    cut.from = SimTime::start + chance_.ms(0, 300'000);
    cut.until = cut.from + chance_.ms(1'000, 400'000);
    const unsigned way = chance_.below(3);
    cut.requests = way != 1;
    cut.answers = way != 2;
    network_->partitions.push_back(cut);
  }
  if (chance_.percent(20))
    for (auto& target : targets_) target->disk = SimTarget::Disk::tight;
  for (std::size_t t = 0; t < targets_.size(); ++t)
    if (chance_.percent(35)) asio::co_spawn(world_.executor(), trouble(t), asio::detached);
  asio::co_spawn(world_.executor(), speak(), asio::detached);
  if (chance_.percent(10)) asio::co_spawn(world_.executor(), fill_disks(), asio::detached);
  if (chance_.percent(20)) asio::co_spawn(world_.executor(), freeze(), asio::detached);
  Duration at{0};
  for (unsigned n = chance_.between(1, 4); n > 0; --n) {
    Command command;
    command.host = chance_.below(3) == 0 ? 1 : 0;
    command.rollback = chance_.percent(20);
    command.release = chance_.between(1, 3);
    command.takes_over = chance_.percent(15);
    command.waits = chance_.percent(50);
    command.tries = chance_.between(1, 3);
    if (chance_.percent(50)) command.dies_after = chance_.below(chance_.percent(50) ? 400 : 4000);
    if (chance_.percent(15)) {
      command.stops_after = chance_.ms(0, 60'000);
      command.stops_for = chance_.ms(1'000, 120'000);
    }
    ++coming_;
    asio::co_spawn(world_.executor(), come_later(command, at), asio::detached);
    at += chance_.percent(40) ? chance_.ms(0, 20'000) : chance_.ms(0, 400'000);
  }
}

// ---- what happens by itself ----

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
      case 2: say(target.name(), "its activation dies"); target.kill_activation(); break;
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
        for (const char* wave : {"canary", "all"}) (void)ledger->add_word(row.id, {0, "approve", wave, "op", "", {}});
        static constexpr const char* words[] = {"promote", "resume", "resume", "pause", "abort", "promote"};
        (void)ledger->add_word(row.id, {0, healed_ ? "promote" : words[chance_.below(6)], "", "op", "", {}});
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

// ---- controllers ----

// One deploy of a service at a time on a host: the commands hold a lock there (service_lock.hpp).
bool World::locked(const Command& command) const {
  return !command.rollback && std::any_of(controllers_.begin(), controllers_.end(), [&](const auto& other) {
    return !other->over && !other->command.rollback && other->command.host == command.host;
  });
}

void World::begin(Command command) {
  if (locked(command)) return say(fmt::format("h{}", command.host), "refuses another deploy");
  auto controller = std::make_unique<Controller>();
  controller->command = command;
  controller->name = fmt::format("c{}@h{}", controllers_.size(), command.host);
  controller->id = fmt::format("r-{}", controllers_.size());
  controller->loop = std::make_shared<Loop>();
  controller->links = std::make_unique<SimLinks>(controller->loop, *network_);
  controller->began = time_.since_start();
  controller->fresh = ledgers_[command.host]->unfinished("", "").value().empty() &&
                      std::none_of(targets_.begin(), targets_.end(), [](const auto& target) { return target->busy(); });
  for (const auto& target : targets_) controller->ran.push_back(target->current());
  say(controller->name, command.rollback ? "rolls back" : "deploys " + releases_[command.release].release.version);
  asio::co_spawn(controller->loop->executor(), drive(controller.get()), [](std::exception_ptr thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
  controllers_.push_back(std::move(controller));
  if (command.stops_for.count() > 0)
    asio::co_spawn(world_.executor(), stop_later(controllers_.size() - 1, command.stops_after, command.stops_for), asio::detached);
}

awaitable<void> World::drive(Controller* self) {
  rollout::DriveParts parts{*self->links, ledgers_[self->command.host].get(), &any_payload, {}, self->interrupt, "/nowhere", {}};
  if (self->command.takes_over) parts.user_reason = "in need";
  parts.waits = self->command.waits;
  parts.frozen = [this] { return frozen_; };
  parts.sink = [this, self](const rollout::Event& event) {
    hold_freeze(*self, event);
    if (talks_ && event.name != "target_step" && event.name != "target_staged")
      say(self->name, fmt::format("{} {} {} {} {}", event.name, event.target, event.wave, event.body, event.error ? event.error->text() : ""));
  };
  parts.resumes = true;
  parts.listen_every = std::chrono::seconds(10);
  parts.id = self->id;
  if (self->command.rollback) {
    self->driven = co_await rollout::roll_back(told_plan_, "", std::move(parts));
  } else {
    model::Release release = releases_[self->command.release].release;
    self->driven = co_await rollout::deploy(told_plan_, std::move(release), "", std::move(parts));
  }
}

void World::end(Controller& controller, const char* how) {
  controller.over = true;
  controller.loop.reset();
  say(controller.name, how);
  auto again = controller.command;
  if (healed_ || again.tries <= 1) return;
  --again.tries;
  again.dies_after.reset();
  if (chance_.percent(40)) again.dies_after = chance_.below(2000);
  again.stops_for = Duration(0);
  ++coming_;
  asio::co_spawn(world_.executor(), come_later(again, chance_.ms(100, 90'000)), asio::detached);
}

bool World::turn() {
  bool any = false;
  for (std::size_t i = 0; i < controllers_.size(); ++i) {
    auto& controller = *controllers_[i];
    // One by one only where it is to die between two.
    const bool dies = controller.command.dies_after.has_value();
    while (!controller.over && !controller.stopped) {
      const auto handled = controller.loop->poll(time_, dies);
      if (handled == 0) break;
      any = true;
      controller.handlers += static_cast<unsigned>(handled);
      if (controller.driven) {
        judge(controller);
        end(controller, rollout::to_string(controller.driven->outcome.result));
      } else if (dies && controller.handlers >= *controller.command.dies_after) {
        ++verdict_.crashes;
        end(controller, "is killed");
      }
    }
  }
  while (world_.poll(time_) > 0) any = true;
  for (std::size_t t = 0; t < targets_.size(); ++t) {
    const bool serves = targets_[t]->serves();
    if (known_[t].served && !serves && !targets_[t]->busy()) known_[t].fell = time_.steady();
    known_[t].served = serves;
  }
  return any;
}

bool World::run_until_quiet(Duration most) {
  const auto end = time_.steady() + most;
  const auto quiet = [this] {
    return coming_ == 0 && std::all_of(controllers_.begin(), controllers_.end(), [](const auto& c) { return c->over; });
  };
  while (verdict_.held) {
    if (turn()) continue;
    if (quiet()) return true;
    auto due = world_.due();
    for (const auto& controller : controllers_)
      if (!controller->over && !controller->stopped)
        if (const auto its = controller->loop->due()) due = due ? std::min(*due, *its) : its;
    if (!due || *due > end) return false;
    time_.move(*due - time_.steady());
  }
  return true;
}

void World::heal() {
  healed_ = true;
  network_->healed = true;
  for (auto& ledger : ledgers_) ledger->full = false;
  for (auto& target : targets_) {
    if (!target->up()) target->come_up(true);
    target->make_sick(false);
    target->disk = SimTarget::Disk::well;
  }
}

// Whatever came before: from a host that knows nothing of it, all targets come to one release.
void World::finish_well() {
  told_plan_.rollout.max_unreachable = model::Amount{0, false};
  for (unsigned tries = 0; tries < 4 && verdict_.held; ++tries) {
    Command last;
    last.host = 2;
    last.release = releases_.size() - 1;
    last.takes_over = true;
    last.waits = true;
    begin(last);
    if (!run_until_quiet(longest)) return broke("the last command never ended");
    if (controllers_.back()->driven && controllers_.back()->driven->outcome.result == rollout::RolloutResult::succeeded) break;
  }
  for (const auto& target : targets_)
    if (verdict_.held && (target->current() != releases_.size() - 1 || !target->confirmed()))
      broke(fmt::format("{} does not run the last release, although everything is well: the last command ended as {}", target->name(),
                        controllers_.back()->driven ? rollout::to_string(controllers_.back()->driven->outcome.result) : "nothing"));
}

Verdict World::run() {
  if (!run_until_quiet(longest)) broke("a command never ended");
  heal();
  if (verdict_.held) finish_well();
  all_over_ = true;
  verdict_.rollouts = static_cast<unsigned>(controllers_.size());
  return verdict_;
}

}  // namespace deployctl::simulation
