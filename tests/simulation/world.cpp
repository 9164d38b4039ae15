#include "tests/simulation/world.hpp"

#include <fmt/core.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/deadline.hpp"

namespace deployctl::simulation {
namespace {

constexpr Duration longest{std::chrono::hours(48)};
constexpr Duration longest_with_liars{std::chrono::hours(3)};  // of the last command, when nothing else is wrong

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
  awaitable<Result<std::shared_ptr<payload::ChunkSource>>> get(Digest, std::optional<Digest>,
                                                               payload::Preference) override {
    co_return std::make_shared<OneChunk>();
  }
  awaitable<std::shared_ptr<payload::ChunkSource>> made(Digest, std::optional<Digest>) override { co_return nullptr; }
};

AnyPayload any_payload;

}  // namespace

World::World(std::uint64_t seed, Broken broken, bool talks)
    : seed_(seed), chance_(seed), broken_(broken), talks_(talks) {
  make_releases();
  make_fleet();
  make_plan();
  make_trouble();
  make_liars(seed);
}

World::~World() { controllers_.clear(); }

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
    asio::co_spawn(world_.executor(), stop_later(controllers_.size() - 1, command.stops_after, command.stops_for),
                   asio::detached);
}

awaitable<void> World::drive(Controller* self) {
  rollout::RolloutDependencies parts{
      *self->links, ledgers_[self->command.host].get(), &any_payload, {}, self->interrupt, "/nowhere", {}};
  if (self->command.takes_over) parts.user_reason = "in need";
  parts.waits = self->command.waits;
  parts.frozen = [this] { return frozen_; };
  parts.sink = [this, self](const events::Event& event) {
    hold_freeze(*self, event);
    if (talks_ && event.name != "target_step" && event.name != "target_staged")
      say(self->name, fmt::format("{} {} {} {} {}", event.name, event.target, event.wave, event.body,
                                  event.error ? event.error->text() : ""));
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
  unsigned liars = 0;
  for (std::size_t t = 0; t < targets_.size(); ++t) liars += lies(t) ? 1 : 0;
  told_plan_.rollout.max_unreachable = model::Amount{liars, false};
  if (liars > 0) {
    told_plan_.rollout.max_failed = told_plan_.rollout.max_unhealthy = model::Amount{liars, false};
    // A canary that fails stops the deploy, also one that only says so: the operator who wants to go on takes more of
    // them.
    if (told_plan_.rollout.waves.size() > 1) told_plan_.rollout.waves.front().targets = model::Amount{liars + 1, false};
  }
  for (unsigned tries = 0; tries < 4 && verdict_.held; ++tries) {
    Command last;
    last.host = 2;
    last.release = releases_.size() - 1;
    last.takes_over = true;
    last.waits = true;
    begin(last);
    const auto most = liars > 0 ? longest_with_liars : longest;
    if (!run_until_quiet(most)) return broke("the last command never ended");
    if (!controllers_.back()->driven) continue;
    const auto result = controllers_.back()->driven->outcome.result;
    if (result == rollout::RolloutResult::succeeded || (liars > 0 && result == rollout::RolloutResult::incomplete))
      break;
  }
  for (const auto& target : targets_)
    if (verdict_.held && target->lie == SimTarget::Lie::none &&
        (target->current() != releases_.size() - 1 || !target->confirmed()))
      broke(fmt::format(
          "{} does not run the last release, although everything is well: the last command ended as {}", target->name(),
          controllers_.back()->driven ? rollout::to_string(controllers_.back()->driven->outcome.result) : "nothing"));
}

// Every target runs the last release or the one that the rollback goes to, which is the same for every command that is
// repeated.
void World::hold_one_way_back(std::optional<std::size_t>& to) {
  for (const auto& target : targets_) {
    if (!target->current() || *target->current() == releases_.size() - 1) continue;
    if (!to) to = target->current();
    if (*to != *target->current())
      broke(fmt::format("{} was rolled back to {}, and others to {}", target->name(),
                        releases_[*target->current()].release.version, releases_[*to].release.version));
  }
}

// Then back again by bare rollbacks, from whatever host, some of them killed: they all go to one release, and what is
// complete is not gone on from.
void World::go_back() {
  Chance chance(seed_ ^ 0x2c1b3c6d);
  std::optional<std::size_t> to;
  bool complete = false;
  const auto most = chance.between(2, 6);
  for (unsigned tries = 0; tries < most && verdict_.held; ++tries) {
    Command back;
    back.host = chance.below(3);
    back.rollback = back.takes_over = back.waits = true;
    if (!complete && chance.percent(50)) back.dies_after = chance.below(3000);
    begin(back);
    if (!run_until_quiet(longest)) return broke("a rollback never ended");
    hold_one_way_back(to);
    const auto& driven = controllers_.back()->driven;
    const bool all_back = std::all_of(targets_.begin(), targets_.end(),
                                      [&](const auto& target) { return to && target->current() == to; });
    if (complete && !all_back) broke("a rollback that followed a complete one changed something");
    complete = complete || (all_back && driven && driven->outcome.result == rollout::RolloutResult::succeeded);
  }
}

Verdict World::run() {
  if (!run_until_quiet(longest)) broke("a command never ended");
  heal();
  if (verdict_.held) finish_well();
  const bool honest = std::none_of(targets_.begin(), targets_.end(),
                                   [](const auto& target) { return target->lie != SimTarget::Lie::none; });
  if (verdict_.held && honest && broken_ == Broken::nothing) go_back();
  all_over_ = true;
  verdict_.rollouts = static_cast<unsigned>(controllers_.size());
  return verdict_;
}

}  // namespace deployctl::simulation
