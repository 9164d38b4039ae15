// One hook of a release, run to its end: /bin/sh -e for each of its lines, cwd = the release folder, output appended to
// a file, a process group of its own. Before a line begins its group is given to `on_process` (the journal), and it
// begins only when that succeeded: a crash in between leaves nothing running. Failed or out of time, the group is
// ended; what outlives a good one lives on. Blocking.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agents/target/slot/activation_machine.hpp"
#include "core/model/activation.hpp"

namespace deployctl::target {

struct HookRun {
  std::string name;  // for errors: "start"
  model::Hook hook;
  std::string cwd;
  std::vector<std::string> env;
  std::string log;
  std::function<Status(int group)> on_process;
};

Status run_hook(const HookRun& run);  // Code::hook_failed, with the last words of its output

// NAME=VALUE: PATH, HOME and the like of this process, the plan's env, then SERVICE ENVIRONMENT VERSION RELEASE
// PREVIOUS_RELEASE DEPLOY_TO SHARED REGION TARGET ROLLOUT. The two releases are absolute paths of folders;
// PREVIOUS_RELEASE is what ran when the activation began, empty when nothing did.
struct HookWords {
  std::string version;
  std::string release;
  std::string previous_release;
  std::string deploy_to;
  std::string shared;
};
std::vector<std::string> hook_env(const Intent& intent, const HookWords& words, const model::Environment& env);

// Ends every process of that group that is of that session too (a number may be another's by now).
void end_group(int group, int session);

}  // namespace deployctl::target
