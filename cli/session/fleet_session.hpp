// The links to a plan's fleet for the time of one command, and the event loop that they live on. Made and run on the
// command's thread. Code::absent when there is no agent to send or no known_hosts file.
#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "core/base/result.hpp"

namespace asio {
class thread_pool;
}
namespace deployctl::model {
struct Plan;
}
namespace deployctl::fleet {
class FleetLinks;
}

namespace deployctl::cli {

class Context;

class FleetSession {
 public:
  // `activates`: hooks may run at the targets, with the environment of a login of now (rollout::KeptLogins).
  static Result<std::unique_ptr<FleetSession>> open(const model::Plan& plan, Context& context, bool activates = false);
  ~FleetSession();

  fleet::FleetLinks& links();
  asio::thread_pool& pool();  // for blocking work; joined when the session ends
  // Runs the work to its end; `tick`, where given, is called ten times a second meanwhile. What the work throws is
  // thrown.
  void run(asio::awaitable<void> work, std::function<void()> tick = {});

 private:
  struct State;
  explicit FleetSession(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace deployctl::cli
