// What a seed decides before anything happens: releases, fleet, plan, and the trouble to come.
#include <fmt/core.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "tests/simulation/world.hpp"

namespace deployctl::simulation {

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
      targets_.push_back(std::make_unique<SimTarget>(world_.executor(), chance_, releases_, *this, targets_.size(),
                                                     target.endpoint.host));
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
  if (smallest > 1 && chance_.percent(60))
    rules.min_healthy = model::Amount{chance_.below(static_cast<unsigned>(smallest)), false};
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

// A chance of its own: what honest targets do in a seed is the same with liars and without. They are always fewer than
// half: one, or a whole region.
void World::make_liars(std::uint64_t seed) {
  Chance chance(seed ^ 0x5bd1e995);
  if (!chance.percent(20) || broken_ != Broken::nothing) return;
  std::size_t first = chance.below(static_cast<unsigned>(targets_.size())), last = first;
  if (chance.percent(30)) {
    const auto whole = region_of(first);
    first = region_begins_[whole];
    last = region_begins_[whole + 1] - 1;
  }
  if ((last - first + 1) * 2 >= targets_.size()) return;
  // A canary needs a target that answers: where all of its region lie, a deploy rightly ends there.
  if (first == region_begins_[0] && last + 1 == region_begins_[1]) return;
  // A liar doesn't serve: where min_healthy leaves no room for one, the plan itself forbids to stop the others.
  const auto region = region_of(first);
  const auto honest = region_begins_[region + 1] - region_begins_[region] - (last - first + 1);
  const std::size_t kept = plan_.rollout.min_healthy ? plan_.rollout.min_healthy->value : 0;
  if (kept > 0 && honest <= kept) return;
  const auto kind = static_cast<SimTarget::Lie>(chance.between(1, 8));
  static constexpr std::uint64_t epochs[] = {~std::uint64_t{0} - 1, std::uint64_t{1} << 62, std::uint64_t{1} << 41,
                                             1000};
  const auto epoch = epochs[chance.below(4)];
  for (std::size_t t = first; t <= last; ++t) {
    targets_[t]->lie = kind;
    targets_[t]->lying_epoch = epoch;
    say(targets_[t]->name(), fmt::format("lies, in the way {}", static_cast<int>(kind)));
  }
}

}  // namespace deployctl::simulation
