// One seed's world: a fleet, a network, control hosts with their ledgers, commands that come and die, and what must
// hold whatever happens. Made, run once, asked for its verdict.
#pragma once

#include <asio/io_context.hpp>
#include <optional>

#include "core/rollout/driver/rollout_driver.hpp"
#include "tests/simulation/sim_ledger.hpp"
#include "tests/simulation/sim_links.hpp"
#include "tests/simulation/sim_time.hpp"

namespace deployctl::simulation {

// What is broken on purpose, to show that it is found.
enum class Broken { nothing, floor, epochs, lies, ledger };

struct Verdict {
  bool held = true;
  std::string broken;  // which invariant, and how
  unsigned rollouts = 0, crashes = 0, activations = 0;
  std::vector<std::string> ends;  // of commands
};

class World : public TargetWatch {
 public:
  World(std::uint64_t seed, Broken broken, bool talks);
  ~World() override;
  Verdict run();

 private:
  struct Command {
    std::size_t host = 0;
    bool rollback = false;
    std::size_t release = 0;
    bool takes_over = false, waits = false;
    unsigned tries = 1;
    std::optional<unsigned> dies_after;  // so many handlers
    Duration stops_after{0}, stops_for{0};
  };
  struct Controller {
    Command command;
    std::string name, id;
    std::unique_ptr<SimLinks> links;
    io::CancelToken interrupt;
    std::optional<rollout::RolloutReport> driven;
    std::vector<std::optional<std::size_t>> ran;  // when it began, by target
    unsigned handlers = 0;
    bool over = false, stopped = false;
    bool fresh = false;  // nothing was unfinished on its host: its baselines are what ran when it began
    Duration began{0};
    std::shared_ptr<Loop> loop;  // last: what runs on it goes first
  };

  void make_fleet();
  void make_plan();
  void make_releases();
  void make_trouble();
  void make_liars(std::uint64_t seed);
  bool lies(std::size_t target) const { return targets_[target]->lie != SimTarget::Lie::none; }
  bool locked(const Command& command) const;
  void begin(Command command);
  void end(Controller& controller, const char* how);
  void judge(Controller& controller);
  awaitable<void> drive(Controller* controller);
  awaitable<void> come_later(Command command, Duration after);
  awaitable<void> stop_later(std::size_t controller, Duration after, Duration for_how_long);
  awaitable<void> trouble(std::size_t target);
  awaitable<void> speak();  // an operator who says words to rollouts
  awaitable<void> fill_disks();
  awaitable<void> freeze();
  void hold_freeze(const Controller& controller, const events::Event& event);
  bool turn();  // anything was done
  bool run_until_quiet(Duration most);
  void heal();
  void finish_well();
  void go_back();
  void hold_one_way_back(std::optional<std::size_t>& to);

  void granted(std::size_t target, const std::string& rollout, std::uint64_t epoch) override;
  void changing(std::size_t target, const std::string& rollout, std::uint64_t epoch, const char* what) override;
  void activation_begins(std::size_t target, const target::Intent& intent) override;
  void activation_ends(std::size_t target, const target::Intent& intent, target::Outcome outcome) override;
  void say(const std::string& who, const std::string& what) override;
  void broke(const std::string& invariant);
  void hold_floor(std::size_t target, const target::Intent& intent);
  std::size_t region_of(std::size_t target) const;

  std::uint64_t seed_;
  SimTime time_;
  Chance chance_;
  Broken broken_;
  bool talks_;
  Verdict verdict_;
  Loop world_;
  std::vector<SimRelease> releases_;
  std::vector<std::unique_ptr<SimTarget>> targets_;
  std::vector<std::size_t> region_begins_;  // first target of each, and the end
  std::unique_ptr<SimNetwork> network_;
  std::vector<std::unique_ptr<SimLedger>> ledgers_;
  model::Plan plan_, told_plan_;  // told: to controllers, another one where the floor is broken
  rollout::RolloutSpec spec_;
  std::vector<std::unique_ptr<Controller>> controllers_;
  unsigned coming_ = 0;  // commands
  bool healed_ = false, all_over_ = false;
  std::string frozen_;  // the calendar's words; empty: deploys may begin waves
  SteadyTime frozen_since_{};
  struct Known {
    std::uint64_t epoch = 0;
    std::string rollout;
    SteadyTime fell{};  // stopped serving by itself
    bool served = true;
    SteadyTime began{};            // the last activation
    std::string taken_by;          // the last rollout that took it to its goal
    bool stopped_serving = false;  // the activation that goes on took it from service
  };
  std::vector<Known> known_;
};

}  // namespace deployctl::simulation
