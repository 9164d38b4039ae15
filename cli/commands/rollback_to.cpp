#include "cli/commands/rollback_to.hpp"

#include "cli/commands/globals.hpp"

namespace deployctl::commands {
namespace {

// For sh: as it is where nothing in it means anything there.
std::string quoted(const std::string& word) {
  static constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.,:/@%=~#";
  if (!word.empty() && word.front() != '~' && word.front() != '#' && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string rollback_to(const Globals& globals, const std::string& plan, const std::string& version) {
  std::string out = "deployctl rollback " + quoted(plan);
  if (!globals.fleet.empty()) out += " --fleet " + quoted(globals.fleet);
  for (const auto& one : globals.set) out += " --set " + quoted(one);
  if (!globals.state.empty()) out += " --state " + quoted(globals.state);
  return out + " --to " + quoted(version);
}

}  // namespace deployctl::commands
