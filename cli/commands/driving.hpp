// A rollout driven to its end: what `deploy`, `rollback`, `resume`, `promote` and `abort` share once it is known what is to be
// done. Blocks until it is over, or has come to rest.
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
  std::vector<model::SecretSource> notify;
  bool resumes = false;
  bool heeds_freezes = true;
  std::vector<rollout::MachineEvent> words{};
  SteadyTime wait_until{};  // for whoever holds the targets
  bool converges = false;   // recorded as a converge
};

struct Drove {
  int code = 0;          // the rollout's exit code; what there was to be said has been said
  bool touched = false;  // some target was
};
// The service's lock is the caller's.
Result<Drove> drive(Context& context, Viewing& view, const model::Plan& plan, const Driving& what);

struct RollingBack {
  std::string to;         // as for choose_rollback
  std::string asked_json;
  std::vector<model::SecretSource> notify;
};
Result<Drove> drive_back(Context& context, const model::Plan& plan, const std::string& named, const RollingBack& what);

// Gates and approvals are waited for where a person sits, or where the command was sent into the background for it.
bool waits_at_gates();

}  // namespace deployctl::commands
