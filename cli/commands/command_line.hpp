// From the words of a command line to a command that has run. The only place that knows CLI11. Mistakes are answered in
// one line: what is wrong, the nearest known word, how to get help; exit code 2.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/parse/command.hpp"
#include "cli/session/context.hpp"

namespace deployctl::cli {

// What a command line asks for. Exactly one of `command`, `text` (help or version: print it, done) and `mistake`.
struct Request {
  const Command* command = nullptr;
  std::string path;  // "fleet ping"
  Globals globals;
  std::string text;
  std::optional<Error> mistake;
};

// `words` without the program's name. The values given are stored in the commands' options; `commands` must outlive the
// answer and may be parsed into once.
Request parse_command_line(const std::vector<std::string>& words, const std::vector<Command>& commands);

// Parses, runs, answers the exit code.
int run_command_line(const std::vector<std::string>& words, const std::vector<Command>& commands, Streams streams);

}  // namespace deployctl::cli
