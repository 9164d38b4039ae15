#include "cli/commands/all_commands.hpp"

#include "cli/commands/artifact.hpp"
#include "cli/commands/build.hpp"
#include "cli/commands/deploy.hpp"
#include "cli/commands/fleet.hpp"
#include "cli/commands/freeze.hpp"
#include "cli/commands/history.hpp"
#include "cli/commands/init.hpp"
#include "cli/commands/logs.hpp"
#include "cli/commands/plan.hpp"
#include "cli/commands/rollback.hpp"
#include "cli/commands/status.hpp"
#include "cli/commands/steer.hpp"
#include "cli/commands/validate.hpp"

namespace deployctl::cli {

std::vector<Command> all_commands() {
  return {
      init_command(),   validate_command(), plan_command(),   build_command(),   deploy_command(),   rollback_command(),
      status_command(), pause_command(),    resume_command(), promote_command(), abort_command(),    approve_command(),
      freeze_command(), history_command(),  logs_command(),   fleet_command(),   artifact_command(),
  };
}

}  // namespace deployctl::cli
