// The one place that writes a command line for the user to paste: after "next:", in a hint, in a note. It keeps every
// option of the invocation that decides what the command is about, and quotes each word for a POSIX shell.
//
// Not repeated: what is about the screen (--output, -v, -q, --no-color), --yes (the question is asked again), --detach,
// --wait, and
// --take-over, which was allowed once and could end a rollout that another user has begun since. A --notify URL is
// repeated only where it can hold no secret. Reads the file system to see whether a path can be pasted; any thread.
#pragma once

#include <string>

#include "cli/session/invocation.hpp"
#include "core/rollout/decision/advice.hpp"

namespace deployctl::cli {

// Empty: there is no such command line, as the plan or the fleet can't be read again by its name, or nothing is known
// of it.
std::string command_for(const rollout::Advice& advice, const Invocation& invocation);
rollout::CommandFor commands_of(Invocation invocation);

// One word for a POSIX shell; bytes that a terminal would not show as they are come as $'\x1b' (bash, zsh, ksh).
std::string shell_word(const std::string& text);

// "stack.yaml" of "stack.yaml#web".
std::string file_of_plan(const std::string& plan);

// A regular file, or one that isn't there (yet); not /dev/fd/63, /dev/stdin or a named pipe.
bool can_be_named_again(const std::string& path);

}  // namespace deployctl::cli
