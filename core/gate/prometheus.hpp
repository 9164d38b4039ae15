// Queries one number from the Prometheus instant query API
// (https://prometheus.io/docs/prometheus/latest/querying/api/). Blocking; any thread.
#pragma once

#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "core/gate/endpoint.hpp"

namespace deployctl::gate {

// Replaces {targets} with a regular expression for these hosts, with any port for hosts that have none. Label matchers
// are anchored at both ends.
std::string expanded(const std::string& query, const std::vector<std::string>& targets);

// Accepts a scalar or a vector with one element. Errors: not_found (no element, or not a number), invalid (several
// elements, or the server rejected the query; the message is the server's), unreachable (an HTTP error without a
// Prometheus response), otherwise as in http::exchange().
Result<double> query(const Endpoint& server, const std::string& text, Duration timeout);
// Parses the response alone. Pure.
Result<double> value_of(const std::string& json);

}  // namespace deployctl::gate
