#include "cli/commands/not_built.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace deployctl::commands {
namespace {

constexpr std::array<std::string_view, 7> promised_commands{
    "lock", "unlock", "diff", "doctor", "completion", "fleet bootstrap"};
constexpr std::array<std::string_view, 4> promised_options{"--watch", "--detach", "--wait", "--take-over"};

}  // namespace

bool is_promised_command(const std::string& path) {
  return std::ranges::find(promised_commands, path) != promised_commands.end();
}

bool is_promised_option(const std::string& name) {
  return std::ranges::find(promised_options, name) != promised_options.end();
}

}  // namespace deployctl::commands
