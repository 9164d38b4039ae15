// One JSON text to a URL: how a rollout's end is told to a webhook. Blocking; any thread. Errors as of exchange(), and
// refused (the answer's status isn't 2xx; the message has it and the answer's first words).
#pragma once

#include <string>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"

namespace deployctl::http {

Status post_json(const std::string& url, const std::string& body, Duration timeout);

}  // namespace deployctl::http
