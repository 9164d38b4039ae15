// The state of a rollout, built from its events; all renderers read it. Counts are updated with each event, so drawing
// 100,000 targets costs no more than drawing ten. Owned by a view; one thread. An unknown event changes nothing; a
// target or region that was not announced is added when an event first names it.
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
  std::string output;                     // tail of what its hooks printed, until it is active
  std::string reason, hint;               // why it is not active
  std::string cleanup;                    // what could not be removed after its activation
};

struct BoardRegion {
  std::string name;
  std::size_t announced = 0;  // targets, from rollout_started
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
  std::string output;  // tail of the output
};

class Board {
 public:
  void take(const Event& event);

  // Of the rollout, or of the build before it.
  std::string rollout, service, environment, version, previous, kind;
  BoardBuild build;
  bool begun = false, over = false, rolling_back = false;
  std::vector<BoardWave> waves;
  std::optional<std::size_t> wave;  // the current wave
  std::optional<Duration> baking;   // as of wave_baking; reset by the next wave event
  std::string waiting;              // the event's message about what the rollout waits for; empty: it is not waiting
  std::string caught_up_until;      // relays update unreachable targets until this time; empty: no relay does
  std::string waited_for;           // what the rollout last waited for and has not received: "approval", "gate", ...
  std::string hook;                 // of the controller host, while it runs
  std::string failed_hook;          // of the controller host
  std::vector<BoardRegion> regions;
  std::vector<BoardTarget> targets;
  std::uint64_t received = 0;  // bytes received by all targets so far
  std::uint64_t expected = 0;  // total bytes of the targets that are staging now
  std::uint64_t arrived = 0;   // how many of those bytes have been received
  std::string result;          // set once `over`
  std::optional<Error> error;  // of the rollout's end
  std::uint64_t wan_bytes = 0;
  Duration took{0};
  // Targets that the rollout left on another release than their baseline. Absent: an older deployctl drove the rollout
  // and did not count them.
  std::optional<std::uint64_t> changed;

  std::size_t total() const;                // of all targets of this rollout
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

// Returns the error text, without the target's name if the event already carries it.
std::string reason_of(const Event& event);

// Appends `more` and keeps at most the last `most` bytes, from the beginning of a line if there is one.
void append_tail(std::string& tail, const std::string& more, std::size_t most);

}  // namespace deployctl::output
