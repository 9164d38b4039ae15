// What the user can do next, as a value. The module that knows what happened decides it: this module, or a view of the
// rollout's events. The command line that does it is written in one place, by the program that knows how it was called
// (cli/session/next_step.hpp), so that it keeps the options of the command that prints it. A value; any thread.
#pragma once

#include <functional>
#include <string>

namespace deployctl::rollout {

struct Advice {
  enum class Kind {
    // Of a rollout, by its id (`about`).
    resume,
    approve,
    promote,
    abort,
    show,
    watch,
    logs,
    // Of the plan that the command was given.
    status,
    plan,
    validate,
    converge,
    deploy_again,
    roll_back,
    deploy_ref,    // `about`: a branch, tag or commit
    roll_back_to,  // `about`: a version, or the beginning of a release's digest
    // Of this host.
    list_rollouts,
    list_artifacts,
  };
  Kind kind = Kind::status;
  std::string about{};
  bool operator==(const Advice&) const = default;
};

// A command line that can be pasted into a shell; empty: there is none, such as for a plan that came through a pipe.
using CommandFor = std::function<std::string(const Advice&)>;

// "words: command" where there is a command, else the words alone.
inline std::string hint_of(const std::string& words, const CommandFor& command_for, const Advice& advice) {
  const std::string command = command_for ? command_for(advice) : std::string();
  return command.empty() ? words : words + ": " + command;
}

}  // namespace deployctl::rollout
