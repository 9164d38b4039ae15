#include "cli/parse/help.hpp"

#include <algorithm>

#include "cli/parse/globals.hpp"

namespace deployctl::cli {
namespace {

struct Line {
  std::string left, right;
};

// Formats two columns; a left side that is too long is on its own line.
std::string columns(const std::vector<Line>& lines) {
  constexpr std::size_t widest = 30;
  std::size_t width = 0;
  for (const auto& line : lines)
    if (line.left.size() <= widest) width = std::max(width, line.left.size());
  std::string out;
  for (const auto& line : lines) {
    const bool fits = line.left.size() <= width;
    out += "  " + line.left + (fits ? std::string(width - line.left.size(), ' ') : "\n  " + std::string(width, ' '));
    out += "  " + line.right + "\n";
  }
  return out;
}

Arguments declared(const Command& command) {
  Arguments arguments;
  if (command.declare) command.declare(arguments);
  return arguments;
}

std::string with_positionals(const std::string& name, const Arguments& arguments) {
  std::string out = name;
  for (const auto& argument : arguments.all())
    if (argument.is_positional()) out += " " + argument.usage();
  return out;
}

// Lists the positionals or the options, with their help.
std::string explained(const Arguments& arguments, bool positionals) {
  std::vector<Line> lines;
  for (const auto& argument : arguments.all())
    if (argument.is_positional() == positionals) lines.push_back({argument.usage(), argument.help});
  return lines.empty() ? "" : "\n" + columns(lines);
}

std::string everywhere(bool with_version = false) {
  Globals globals;
  Arguments arguments;
  declare_globals(arguments, globals);
  std::vector<Line> lines;
  for (const auto& argument : arguments.all()) lines.push_back({argument.usage(), argument.help});
  lines.push_back({"-h, --help", "this text"});
  if (with_version) lines.push_back({"--version", "the version"});
  return "\neverywhere:\n" + columns(lines);
}

void list_commands(std::vector<Line>& lines, const std::string& prefix, const std::vector<Command>& commands) {
  for (const auto& command : commands) {
    if (!command.subcommands.empty())
      list_commands(lines, prefix + command.name + " ", command.subcommands);
    else
      lines.push_back({with_positionals(prefix + command.name, declared(command)), command.summary});
  }
}

}  // namespace

std::string version_line() { return "deployctl " DEPLOYCTL_VERSION; }

std::string overview(const std::vector<Command>& commands) {
  std::vector<Line> lines;
  list_commands(lines, "", commands);
  return "deployctl takes a service from a git commit to every target in every region, in stages, and back.\n\n"
         "usage: deployctl COMMAND ...\n\n" +
         columns(lines) + everywhere(true) + "\n`deployctl COMMAND --help` and `man deployctl-COMMAND` say more.\n";
}

std::string help_of(const std::string& path, const Command& command) {
  if (!command.subcommands.empty()) {
    std::vector<Line> lines;
    list_commands(lines, path + " ", command.subcommands);
    return "usage: deployctl " + path + " COMMAND ...\n\n" + command.summary + "\n\n" + columns(lines) + everywhere();
  }
  const auto arguments = declared(command);
  const bool any_option = std::ranges::any_of(arguments.all(), [](const auto& a) { return !a.is_positional(); });
  std::string out = "usage: deployctl " + path + (any_option ? " [OPTIONS]" : "");
  out = with_positionals(out, arguments) + "\n\n" + command.summary + "\n";
  if (!command.details.empty()) out += "\n" + command.details + "\n";
  return out + explained(arguments, true) + explained(arguments, false) + everywhere();
}

}  // namespace deployctl::cli
