#include "cli/commands/fleet.hpp"

#include "cli/commands/fleet_converge.hpp"
#include "cli/commands/fleet_list.hpp"
#include "cli/commands/fleet_ping.hpp"
#include "cli/commands/fleet_repair_epoch.hpp"
namespace deployctl::cli {

Command fleet_command() {
  return {.name = "fleet",
          .summary = "the relays and targets of a plan",
          .declare = {},
          .run = {},
          .subcommands = {fleet_list_command(), fleet_ping_command(), fleet_converge_command(),
                          fleet_repair_epoch_command()}};
}

}  // namespace deployctl::cli
