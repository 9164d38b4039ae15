// Posts JSON to a URL, to notify a webhook when a rollout ends. Blocking; any thread. Errors: as in exchange(), and
// refused (the status isn't 2xx; the message has the status and the first line of the response, at most 200
// characters).
#pragma once

#include <string>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"

namespace deployctl::http {

Status post_json(const std::string& url, const std::string& body, Duration timeout);

}  // namespace deployctl::http
