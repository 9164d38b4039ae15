// Runs a gate's probe once: a metric, a webhook or a command. Never fails: a probe that can't be run is inconclusive,
// with the reason. A coroutine; blocking parts run on the pool. Ends approximately within the gate's timeout, or when
// the token is set.
#pragma once

#include <asio/awaitable.hpp>
#include <string>

#include "core/io/cancel_token.hpp"
#include "core/model/gate.hpp"

namespace asio {
class thread_pool;
}

namespace deployctl::gate {

// `cwd`: the working directory of commands.
asio::awaitable<model::Measured> measure(model::GateQuestion question, asio::thread_pool& pool, std::string cwd,
                                         io::CancelToken token);

// ---- implementation, one function per kind of probe ----
model::Measured measure_metric(const model::MetricProbe& probe, const model::GateQuestion& question);    // blocking
model::Measured measure_webhook(const model::WebhookProbe& probe, const model::GateQuestion& question);  // blocking
asio::awaitable<model::Measured> measure_command(model::CommandProbe probe, model::GateQuestion question,
                                                 std::string cwd);
// The body posted to a webhook:
// {"service":..,"environment":..,"version":..,"rollout":..,"wave":..,"gate":..,"updated":[..],"others":[..]}
std::string json_of(const model::GateQuestion& question);

}  // namespace deployctl::gate
