// The probes that a wave must pass before the next one begins: which is to be asked when, and what the answers come to.
// Pure; a part of the machine's state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/model/gate.hpp"

namespace deployctl::rollout {

using model::Measured;

class WaveGates {
 public:
  // They open now. A metric is measured after an interval for the first time, the others at once.
  WaveGates(const std::vector<model::Gate>& gates, Duration bake_time, SteadyTime now);

  // Who is to be asked now; each is then awaited.
  std::vector<std::size_t> due(SteadyTime now);
  void take(std::size_t gate, const Measured& measured, SteadyTime now);
  void promote();  // all pass

  bool passed() const;
  std::optional<Error> failed() const;  // the first that failed
  // Nobody can say whether to go on: the words of those that should. They are asked on, and an answer ends it.
  std::optional<std::string> doubt() const;
  std::optional<SteadyTime> wake_at() const;

 private:
  enum class State { open, in_doubt, passed, failed };
  struct One {
    model::Gate gate;
    unsigned count = 1;
    SteadyTime next{};
    State state = State::open;
    bool asking = false;
    unsigned measured = 0, failures = 0, inconclusive_in_a_row = 0;
    std::string words;  // of the last answer that counted against it
  };
  static void count(One& one, bool well);
  static void doubt_of(One& one);

  std::vector<One> all_;
};

}  // namespace deployctl::rollout
