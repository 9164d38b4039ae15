// Asks a gate's probe once: a metric, a webhook, a command. What can't be asked is inconclusive, in words: this never
// fails. A coroutine; the blocking parts are on the pool. Ends within the gate's timeout, about, or when the token is
// set.
#pragma once

#include <asio/awaitable.hpp>
#include <string>

#include "core/io/cancel_token.hpp"
#include "core/model/gate.hpp"

namespace asio {
class thread_pool;
}

namespace deployctl::gate {

// `cwd`: of commands.
asio::awaitable<model::Measured> measure(model::GateQuestion question, asio::thread_pool& pool, std::string cwd,
                                         io::CancelToken token);

// ---- its parts ----
model::Measured measure_metric(const model::MetricProbe& probe, const model::GateQuestion& question);    // blocking
model::Measured measure_webhook(const model::WebhookProbe& probe, const model::GateQuestion& question);  // blocking
asio::awaitable<model::Measured> measure_command(model::CommandProbe probe, model::GateQuestion question,
                                                 std::string cwd);
// What a webhook is sent:
// {"service":..,"environment":..,"version":..,"rollout":..,"wave":..,"gate":..,"updated":[..],"others":[..]}
std::string json_of(const model::GateQuestion& question);

}  // namespace deployctl::gate
