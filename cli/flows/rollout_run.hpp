// A rollout driven to its end: what `deploy`, `rollback`, `resume`, `promote` and `abort` share once it is known what
// is to be done. Blocks until it is over, or has come to rest.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/session/invocation.hpp"
#include "core/model/plan.hpp"
#include "core/model/release.hpp"
#include "core/rollout/driver/rollout_driver.hpp"

namespace deployctl::cli {

class Context;
class ProgressScope;

struct RunOptions {
  model::Release release;
  std::string commit;
  std::string asked_json;                  // rollout_request.hpp
  std::string take_over, override_freeze;  // reasons
  Invocation invocation;                   // for --notify, and for the commands that are named
  bool resumes = false;
  bool heeds_freezes = true;
  std::vector<rollout::MachineEvent> words{};
  SteadyTime wait_until{};  // for whoever holds the targets
  bool converges = false;   // recorded as a converge
};

struct RunResult {
  int code = 0;          // the rollout's exit code; what there was to be said has been said
  bool touched = false;  // some target was
};
// The service's lock is the caller's.
Result<RunResult> drive(Context& context, ProgressScope& view, const model::Plan& plan, const RunOptions& what);

struct RollbackRun {
  std::string to;  // as for choose_rollback
  std::string asked_json;
  Invocation invocation;
  // Called when its release is chosen, before anything is changed; what it fails with ends it. Absent: it goes on.
  std::function<Status(const rollout::RollbackPreview&)> confirm{};
};
Result<RunResult> run_rollback(Context& context, const model::Plan& plan, const RollbackRun& what);

// The same up to the point where something would be written or changed.
struct RollbackLook {
  std::optional<rollout::RollbackPreview>
      preview;  // absent: there is nothing to ask about, and `code` says how it ended
  int code = 0;
};
Result<RollbackLook> preview_rollback(Context& context, const model::Plan& plan, RollbackRun what);

// Gates and approvals are waited for where a person sits, or where the command was sent into the background for it.
bool waits_at_gates();

}  // namespace deployctl::cli
