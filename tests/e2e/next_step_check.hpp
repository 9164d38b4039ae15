// Every command line that deployctl tells its user to type, held against the command line that made it say so: it must
// parse, and keep every option that decides what the command is about. Installed for all end-to-end tests by
// next_step_check.cpp.
#pragma once

#include <string>
#include <vector>

namespace deployctl::testing {

// In the order in which they were printed: behind "next: ", "then: ", or a colon in a hint, in text and in JSON.
std::vector<std::string> commands_in(const std::string& output);

// The words of a command line as bash reads them.
std::vector<std::string> words_of(const std::string& command_line);

// What is wrong with `command` as a next step of `invocation` (without the program's name); empty: nothing.
std::string problem_of(const std::string& command, const std::vector<std::string>& invocation);

}  // namespace deployctl::testing
