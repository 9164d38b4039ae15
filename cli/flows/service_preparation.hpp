// What `deploy` was asked for, and a service of it made ready: everything that can be refused before anything is
// changed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/session/invocation.hpp"
#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/io/flock.hpp"
#include "core/model/plan.hpp"
#include "core/model/release.hpp"
#include "core/rollout/decision/rollout_spec.hpp"

namespace deployctl::cli {

class Context;
class ProgressScope;

struct DeployOptions {
  std::string plan, ref, artifact, version;
  bool yes = false, detach = false;
  std::string take_over, override_freeze, wait;
  std::vector<std::string> notify;

  // `named`: the plan, or one service of it.
  Invocation invocation(const Globals& globals, const std::string& named) const;
};

struct PreparedService {
  std::string named;  // the plan as it was named, or one service of it
  model::Plan plan;
  rollout::RolloutSpec spec;
  std::optional<io::FileLock> lock;  // of the service on this host
  model::Release release;
  std::string commit;
};

Result<SteadyTime> wait_deadline(const DeployOptions& options);  // until when
// Loaded, whole, not frozen. Nothing is locked or built yet.
Result<PreparedService> read_service(Context& context, const DeployOptions& options, const std::string& named);
// Another deploy of it on this host is waited for so long; on others its targets tell (grants.hpp).
Status lock_service(Context& context, PreparedService& ready, const DeployOptions& options, SteadyTime until);
// What is in the store already is taken from there; else it is built.
Status choose_release(Context& context, PreparedService& ready, const DeployOptions& options, ProgressScope& view);

}  // namespace deployctl::cli
