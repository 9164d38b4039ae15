#include "tests/support/process.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

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

host::Output run_program(std::vector<std::string> argv, std::string cwd, std::vector<std::string> more_env) {
  host::Command command;
  command.argv = std::move(argv);
  command.cwd = std::move(cwd);
  if (!more_env.empty()) command.env = environment_with(std::move(more_env));
  auto output = host::run(command, std::chrono::minutes(1));
  if (!output) throw std::runtime_error(output.error().text());
  return std::move(*output);
}

std::string check_program(std::vector<std::string> argv, std::string cwd) {
  const std::string name = argv.empty() ? "" : argv[0];
  auto output = run_program(std::move(argv), std::move(cwd));
  if (!output.exit.ok()) throw std::runtime_error(name + ": " + output.exit.text() + ": " + output.err);
  return std::move(output.out);
}

std::set<int> processes_of(const std::vector<std::string>& parts) {
  std::set<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    std::ostringstream words;  // one that ends meanwhile sets a bit here, where a bare iterator would throw
    words << file.rdbuf();
    std::string line = words.str();
    std::replace(line.begin(), line.end(), '\0', ' ');
    const auto has = [&](const std::string& part) { return line.find(part) != std::string::npos; };
    if (std::all_of(parts.begin(), parts.end(), has)) found.insert(std::stoi(name));
  }
  return found;
}

bool is_alive(int pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  stat >> number >> name >> state;
  return !state.empty() && state != "Z" && state != "X";
}

bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace deployctl::testing
