#include "cli/commands/commands.hpp"

namespace deployctl::commands {

std::vector<Command> all_commands() {
  return {
      validate_command(),
      build_command(),
  };
}

}  // namespace deployctl::commands
