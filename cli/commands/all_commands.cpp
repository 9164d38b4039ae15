#include "cli/commands/commands.hpp"

namespace deployctl::cli {

std::vector<Command> all_commands() {
  return {
      init_command(),   validate_command(), plan_command(),   build_command(),   deploy_command(),   rollback_command(),
      status_command(), pause_command(),    resume_command(), promote_command(), abort_command(),    approve_command(),
      freeze_command(), history_command(),  logs_command(),   fleet_command(),   artifact_command(),
  };
}

}  // namespace deployctl::cli
