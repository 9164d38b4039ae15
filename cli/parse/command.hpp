// A command as a value: its name, its arguments and its action. Each command has a function that makes one
// (cli/commands/all_commands.hpp lists them); cli/commands/command_line.hpp parses the arguments and runs it.
//
//   Command build_command() {
//     auto options = std::make_shared<BuildOptions>();
//     return {"build", "make the artifact of a plan",
//             [options](Arguments& a) { a.positional("PLAN", options->plan, "the release plan"); },
//             [options](Context& context) { return run(*options, context); }};
//   }
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/parse/arguments.hpp"

namespace deployctl::cli {

class Context;

struct Command {
  std::string name;
  std::string summary;  // one line, lower case, no full stop
  std::function<void(Arguments&)> declare{};
  std::function<int(Context&)> run{};  // returns the exit code; absent: a subcommand is required
  std::vector<Command> subcommands{};
  std::string details{};  // more text for --help; may be empty
};

}  // namespace deployctl::cli
