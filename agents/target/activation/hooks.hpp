// Runs one hook of a release to its end: /bin/sh -e for each of its lines, in the release folder, with the output
// appended to a file, each line in its own process group. Before a line begins, its group is passed to `on_process`
// (the journal), and the line begins only if that succeeds, so that a crash in between leaves nothing running. If the
// hook fails or times out, its groups are ended; processes that outlive a successful hook keep running. Blocking.
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

Status run_hook(const HookRun& run);  // Code::hook_failed, with the last line of its output

// NAME=VALUE: PATH, HOME and the like of this process, the plan's env, then SERVICE ENVIRONMENT VERSION RELEASE
// PREVIOUS_RELEASE DEPLOY_TO SHARED REGION TARGET ROLLOUT. The two releases are absolute paths of folders;
// PREVIOUS_RELEASE is the one that ran when the activation began, empty if there was none.
struct HookWords {
  std::string version;
  std::string release;
  std::string previous_release;
  std::string deploy_to;
  std::string shared;
};
std::vector<std::string> hook_env(const Intent& intent, const HookWords& words, const model::Environment& env);

// Ends every process of that group that also belongs to that session (the group's number may have been reused).
void end_group(int group, int session);

}  // namespace deployctl::target
