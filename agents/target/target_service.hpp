// The role `target`: serves one host's slots. It answers survey, leases, stage, activate, check, logs and prune, and
// refuses a relay's requests. It keeps no state between requests: all state is in the slot's files, so any number of
// agents may run at once, and a new one continues where another died. Requests run as coroutines on the session's
// strand; blocking work runs on a pool of its own, so that pings are answered meanwhile.
#pragma once

#include <memory>
#include <string>

#include "agents/serve/service.hpp"
#include "core/base/duration.hpp"

namespace deployctl::target {

struct TargetOptions {
  std::string self_exe;                           // started as `SELF activate --deploy-to PATH`
  std::string home;                               // replaces "~" in a deploy_to
  Duration stage_wait{std::chrono::seconds(20)};  // for a stage of the same place that is being cancelled
};

class TargetService : public serve::Service {
 public:
  explicit TargetService(TargetOptions options);
  ~TargetService() override;  // waits for the pool

  serve::awaitable<Result<protocol::pb::Reply>> serve(protocol::pb::Request request,
                                                      serve::Exchange& exchange) override;
  // Does nothing: an activation that has begun continues by itself, and everything else ended with its request.
  serve::awaitable<void> ended() override;

 private:
  serve::awaitable<Result<protocol::pb::Reply>> answer(protocol::pb::Request request, serve::Exchange& exchange);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deployctl::target
