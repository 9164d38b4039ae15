// A program run to its end by a test, with what it said. Throws when it can't be started or takes over a minute.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/host/subprocess.hpp"

namespace deployctl::testing {

host::Output run_program(std::vector<std::string> argv, std::string cwd = {}, std::vector<std::string> more_env = {});
// The same, and throws unless it exits 0; answers its stdout.
std::string check_program(std::vector<std::string> argv, std::string cwd = {});
// Our own environment with some NAME=VALUE set anew.
std::vector<std::string> environment_with(std::vector<std::string> more);

// Those whose command line, its words parted by spaces, has all of these in it.
std::set<int> processes_of(const std::vector<std::string>& parts);

// A process that runs: a zombie is over, whenever its parent reaps it.
bool is_alive(int pid);

// Asked again and again until it holds, which is what another process brings about; false when a minute has gone by.
bool eventually(const std::function<bool()>& holds);

}  // namespace deployctl::testing
