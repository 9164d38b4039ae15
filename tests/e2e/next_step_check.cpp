#include "tests/e2e/next_step_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "cli/commands/all_commands.hpp"
#include "cli/commands/command_line.hpp"
#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

namespace deployctl::testing {
namespace {

using Words = std::vector<std::string>;

// Each "NAME VALUE" and "NAME=VALUE" of an option.
Words values_of(const Words& words, const std::string& option) {
  Words out;
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    if (words[i] == option && i + 1 < words.size()) out.push_back(words[i + 1]);
    if (words[i].starts_with(option + "=")) out.push_back(words[i].substr(option.size() + 1));
  }
  return out;
}

bool is_about_a_rollout(const Words& words) {
  return std::any_of(words.begin(), words.end(), [](const std::string& word) { return word.starts_with("r-2"); });
}

std::string missing(const Words& command, const Words& invocation, const std::string& option) {
  const auto there = values_of(command, option);
  for (const auto& value : values_of(invocation, option))
    if (std::find(there.begin(), there.end(), value) == there.end()) return "it drops " + option + " " + value;
  return {};
}

std::string first_of(const Words& words, const std::string& command) {
  return std::find(words.begin(), words.end(), command) == words.end() ? "" : command;
}

void check_output(const Words& invocation, const host::Output& output) {
  for (const auto& text : {output.out, output.err})
    for (const auto& command : commands_in(text)) {
      const auto problem = problem_of(command, invocation);
      if (!problem.empty()) ADD_FAILURE() << "the next step `" << command << "`: " << problem << "\n" << text;
    }
}

class CheckNextSteps : public ::testing::Environment {
 public:
  void SetUp() override { Lab::after_command = check_output; }
  void TearDown() override { Lab::after_command = {}; }
};

[[maybe_unused]] const auto* const installed = ::testing::AddGlobalTestEnvironment(new CheckNextSteps);

}  // namespace

std::vector<std::string> commands_in(const std::string& output) {
  static const std::string mark = ": deployctl ";
  std::vector<std::string> out;
  for (std::size_t at = output.find(mark); at != std::string::npos; at = output.find(mark, at + 1)) {
    const auto end = std::min(output.find_first_of("\n\"", at), output.size());
    out.push_back(output.substr(at + 2, end - at - 2));
  }
  return out;
}

std::vector<std::string> words_of(const std::string& command_line) {
  const auto said = check_program({"/bin/bash", "-c", "printf '%s\\0' " + command_line});
  std::vector<std::string> words;
  for (std::size_t at = 0; at < said.size();) {
    const auto end = said.find('\0', at);
    words.push_back(said.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::string problem_of(const std::string& command, const std::vector<std::string>& invocation) {
  auto words = words_of(command);
  words.erase(words.begin());
  const auto commands = cli::all_commands();
  const auto request = cli::parse_command_line(words, commands);
  if (request.mistake) return request.mistake->text();
  Words kept{"--state"};
  if (!is_about_a_rollout(words) && request.path != "artifact list" && words.size() > 1)
    kept.insert(kept.end(), {"--fleet", "--set"});
  if (request.path == "deploy" && first_of(invocation, "deploy") == "deploy")
    kept.insert(kept.end(), {"--ref", "--artifact", "--version"});
  for (const auto& option : kept)
    if (auto problem = missing(words, invocation, option); !problem.empty()) return problem;
  if (command.find("/dev/") != std::string::npos || command.find("/proc/") != std::string::npos)
    return "a path that can't be pasted";
  return {};
}

}  // namespace deployctl::testing
