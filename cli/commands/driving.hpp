// A deploy driven from its release to its end: what `deploy`, `resume`, `promote` and `abort` share once it is known what is to
// be deployed. Blocks until it is over, or has come to rest.
#pragma once

#include <string>
#include <vector>

#include "core/model/plan.hpp"
#include "core/model/release.hpp"
#include "core/rollout/machine.hpp"

namespace deployctl::commands {

class Context;
class Viewing;

struct Driving {
  model::Release release;
  std::string commit;
  std::string asked_json;  // asked.hpp
  std::string take_over, override_freeze;  // reasons
  std::vector<std::string> notify;
  bool resumes = false;
  bool heeds_freezes = true;
  std::vector<rollout::MachineEvent> words{};
  SteadyTime wait_until{};  // for whoever holds the targets
};

// Answers the rollout's exit code. The service's lock is the caller's.
Result<int> drive(Context& context, Viewing& view, const model::Plan& plan, const Driving& what);

// Gates and approvals are waited for where a person sits, or where the command was sent into the background for it.
bool waits_at_gates();

}  // namespace deployctl::commands
