#include "tests/support/process.hpp"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>

namespace deployctl::testing {

std::vector<std::string> environment_with(std::vector<std::string> more) {
  const auto replaced = [&](const std::string& entry) {
    for (const auto& m : more)
      if (entry.substr(0, entry.find('=') + 1) == m.substr(0, m.find('=') + 1)) return true;
    return false;
  };
  std::vector<std::string> out;
  for (char** e = environ; *e; ++e)
    if (!replaced(*e)) out.push_back(*e);
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

io::Output run_program(std::vector<std::string> argv, std::string cwd, std::vector<std::string> more_env) {
  io::Command command;
  command.argv = std::move(argv);
  command.cwd = std::move(cwd);
  if (!more_env.empty()) command.env = environment_with(std::move(more_env));
  auto output = io::run(command, std::chrono::minutes(1));
  if (!output) throw std::runtime_error(output.error().text());
  return std::move(*output);
}

std::string check_program(std::vector<std::string> argv, std::string cwd) {
  const std::string name = argv.empty() ? "" : argv[0];
  auto output = run_program(std::move(argv), std::move(cwd));
  if (!output.exit.ok()) throw std::runtime_error(name + ": " + output.exit.text() + ": " + output.err);
  return std::move(output.out);
}

bool is_alive(int pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  stat >> number >> name >> state;
  return !state.empty() && state != "Z" && state != "X";
}

}  // namespace deployctl::testing
