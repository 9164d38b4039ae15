// Hooks on the control host, once a rollout: /bin/sh -e for each line, in the plan's folder, output appended to a log
// file, a process group of its own that is ended when it fails, runs out of time, or the token is set.
#pragma once

#include <asio/awaitable.hpp>
#include <string>
#include <vector>

#include "core/io/cancel_token.hpp"
#include "core/model/activation.hpp"

namespace deployctl::rollout {

struct ControlHookRun {
  std::string name;  // "pre_deploy"
  model::Hook hook;
  std::string cwd;
  std::vector<std::string> env;  // added to our own
  std::string log;
};

// Code::hook_failed with the last words of its output; Code::cancelled.
asio::awaitable<Status> run_control_hook(ControlHookRun run, io::CancelToken token);

}  // namespace deployctl::rollout
