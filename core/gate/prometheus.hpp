// A number from Prometheus' instant query API (https://prometheus.io/docs/prometheus/latest/querying/api/). Blocking;
// any thread.
#pragma once

#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "core/gate/endpoint.hpp"

namespace deployctl::gate {

// {targets} in it becomes a pattern of these hosts, with any port where they have none: a label's matcher is anchored
// at both ends.
std::string expanded(const std::string& query, const std::vector<std::string>& targets);

// Of a scalar, or of a vector of one element. Errors: absent (no element, or no number), invalid (several elements; the
// query is not understood: in the server's words), else as of http::exchange().
Result<double> query(const Endpoint& server, const std::string& text, Duration timeout);
// Of the answer's JSON alone. Pure.
Result<double> value_of(const std::string& json);

}  // namespace deployctl::gate
