// One JSON text to a URL, by libcurl: how a rollout's end is told to a webhook. Only http and https; certificates are checked,
// redirects aren't followed, proxies as the environment says. Blocking; any thread. Errors: invalid (the URL), unreachable,
// timed_out, refused (the answer's status isn't 2xx; the message has it and the answer's first words).
#pragma once

#include <string>

#include "core/base/duration.hpp"

namespace deployctl::http {

Status post_json(const std::string& url, const std::string& body, Duration timeout);

}  // namespace deployctl::http
