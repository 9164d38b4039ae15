#include "cli/commands/commands.hpp"

namespace deployctl::commands {

std::vector<Command> all_commands() {
  return {
  };
}

}  // namespace deployctl::commands
