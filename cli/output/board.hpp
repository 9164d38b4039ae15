// The state of a rollout as its events tell it: what every renderer draws from. Counts are kept as events come, so that
// a hundred thousand targets cost no more to draw than ten. Owned by a view; one thread. An event that it doesn't know
// changes nothing; a target or region that nobody announced is added when first heard of.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/events/event.hpp"
#include "core/rollout/decision/machine.hpp"

namespace deployctl::output {

using events::Event;
using rollout::TargetState;
inline constexpr std::size_t target_states = static_cast<std::size_t>(TargetState::stuck) + 1;

struct BoardTarget {
  std::string name;
  std::size_t region = 0;
  TargetState state = TargetState::ready;
  std::uint64_t received = 0, total = 0;  // while staging
  std::string step;                       // while activating or reverting: "start"
  std::string output;                     // the last of what its hooks printed, until it is active
  std::string reason, hint;               // why it is not active
  std::string cleanup;                    // what could not be removed once it was
};

struct BoardRegion {
  std::string name;
  std::size_t announced = 0;  // targets, by rollout_started
  std::size_t seen = 0;
  std::array<std::size_t, target_states> counts{};
  std::set<std::size_t> moving;  // targets that are staging, staged, activating or reverting

  std::size_t total() const { return announced > seen ? announced : seen; }
  std::size_t in(TargetState state) const { return counts[static_cast<std::size_t>(state)]; }
};

struct BoardWave {
  std::string name;
  std::size_t targets = 0;
};

struct BoardBuild {
  bool begun = false, over = false;
  std::string step;
  std::uint64_t number = 0, of = 0;
  std::string output;  // the last of it
};

class Board {
 public:
  void take(const Event& event);

  // Of the rollout, or of the build before it.
  std::string rollout, service, environment, version, previous, kind;
  BoardBuild build;
  bool begun = false, over = false, rolling_back = false;
  std::vector<BoardWave> waves;
  std::optional<std::size_t> wave;  // the one under way
  std::optional<Duration> baking;   // how long, since the last event; ended by the next wave's event
  std::string waiting;              // for whom or what, as it was told; empty: it goes on
  std::string caught_up_until;      // relays bring those that were away; empty: nobody does
  std::string waited_for;           // "approval", "gate", ...: what it waited for last, and has not got
  std::string hook;                 // of this host, while it runs
  std::string failed_hook;          // of this host
  std::vector<BoardRegion> regions;
  std::vector<BoardTarget> targets;
  std::uint64_t received = 0;  // bytes that targets took in, all in all
  std::uint64_t expected = 0;  // bytes of the targets that are staging now, and
  std::uint64_t arrived = 0;   // how many of these are there
  std::string result;          // once over
  std::optional<Error> error;  // of the end
  std::uint64_t wan_bytes = 0;
  Duration took{0};
  // Targets that it left on something else than what they ran before; absent: an older deployctl drove it and didn't
  // count them.
  std::optional<std::uint64_t> changed;

  std::size_t total() const;                // targets of this rollout
  std::size_t in(TargetState state) const;  // over all regions
  const BoardTarget* target_of(const Event& event) const;

 private:
  std::size_t region_at(const std::string& name);
  BoardTarget& target_at(const Event& event);
  std::size_t wave_at(const std::string& name);
  void begin(const Event& event);
  void take_build(const Event& event);
  void take_wave(const Event& event);
  void take_target(const Event& event);
  void move(std::size_t index, TargetState to);
  void progress(std::size_t index, std::uint64_t received, std::uint64_t total);
  void end_staging(BoardTarget& target);

  std::size_t announced_ = 0;
  std::unordered_map<std::string, std::size_t> index_;  // region NUL target
};

// Why, without the name of the target where the event has that already.
std::string reason_of(const Event& event);

// The last `most` bytes of a text that grows, cut at a line's beginning.
void append_tail(std::string& tail, const std::string& more, std::size_t most);

}  // namespace deployctl::output
