// A yes or no from the person at the terminal. Where there is none (a pipe, CI) nobody is asked and the answer is yes.
#pragma once

#include <string>

namespace deployctl::commands {

class Context;

bool confirmed(Context& context, const std::string& question);

}  // namespace deployctl::commands
