// Where a rollout is, in words and as JSON: what it waits for, who paused it, in which wave it is, from which version
// to which. Pure: from its row and its recorded events.
#pragma once

#include <memory>
#include <string>

#include "cli/output/board.hpp"
#include "cli/session/json_object.hpp"
#include "core/ledger/ledger.hpp"

namespace deployctl::cli {

class RolloutProgress {
 public:
  // Takes the rollout's events one after another. Output of hooks and the like is passed over.
  void add(const ledger::EventRow& row);

  // "approval", "pause", "gate", "freeze", "held", "baking", "rolling_back"; empty: none of them.
  std::string waiting() const;
  // "waiting for approval of wave home (2 of 3), 4 of 20 active". Of one that is unfinished.
  std::string words() const;
  // "v1 to v2"; empty: nothing is known.
  std::string versions() const;
  // wave, wave_number, waves, waiting, message, paused_by, active, targets: each where it is known.
  JsonObject json() const;

 private:
  std::string wave() const;  // "wave home (2 of 3)"

  output::Board board_;
  std::string waits_for_;   // of the last rollout_waiting that isn't over
  std::string wave_waits_;  // whose wave that is
  std::string message_;     // its words; a rollout that came to rest still waits
  std::string paused_by_;   // "ann@desk (graphs odd)"
};

}  // namespace deployctl::cli
