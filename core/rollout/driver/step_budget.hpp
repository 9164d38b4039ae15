// How much of what targets report while they are activated is recorded, whatever they send: bounds for a target and for
// the rollout. Of a target's output the beginning is recorded as it comes; the end is kept here and recorded with the
// activation's last event, which says how much was left out between. Pure; one strand.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/protocol/messages.hpp"
#include "core/rollout/decision/rollout_spec.hpp"

namespace deployctl::rollout {

struct StepLimits {
  std::size_t events = 200;            // step events of one activation; an ordinary one has about twenty
  std::size_t head_bytes = 64 * 1024;  // of a target's output, over all its activations in the rollout
  std::size_t tail_bytes = 16 * 1024;  // of one activation's output beyond that
  std::uint64_t rollout_bytes =
      64 * 1024 * 1024;  // of all targets' heads; beyond it only tails of `small_tail_bytes` are kept
  std::size_t small_tail_bytes = 2 * 1024;
  std::size_t detail_bytes = 4 * 1024;  // of an event's detail
  std::size_t name_bytes = 64;          // of a step's name or state
};

// What was left out of an activation, with the end of its output.
struct LeftOut {
  protocol::pb::Step last;   // the last step that was left out or cut, with the end of the output
  std::uint64_t bytes = 0;   // of output, between the beginning and that end
  std::uint64_t events = 0;  // step events that were not recorded
};

class StepBudget {
 public:
  explicit StepBudget(StepLimits limits = {}) : limits_(limits) {}

  // The step as it is to be recorded; nothing: it isn't.
  std::optional<protocol::pb::Step> take(TargetIndex target, const protocol::pb::Step& step);
  // The activation is over. Nothing: all of it was recorded. The next one begins with new bounds for events and tail.
  std::optional<LeftOut> finish(TargetIndex target);

 private:
  struct Activation {
    std::size_t events = 0;
    std::string tail;
    LeftOut left_out;
    bool cut = false;
  };
  std::size_t head_room(TargetIndex target) const;

  StepLimits limits_;
  std::uint64_t recorded_ = 0;                // bytes of output, of all targets
  std::map<TargetIndex, std::size_t> heads_;  // by target: bytes of output that were recorded
  std::map<TargetIndex, Activation> current_;
};

}  // namespace deployctl::rollout
