// A command as a value: its name, what it takes, what it does. Each command's file makes one (commands.hpp lists them);
// command_line.hpp parses into it and runs it.
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
  std::function<int(Context&)> run{};  // answers the exit code; absent: one of the subcommands must be named
  std::vector<Command> subcommands{};
  std::string details{};  // more lines for --help; may be empty
};

}  // namespace deployctl::cli
