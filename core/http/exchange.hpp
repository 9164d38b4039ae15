// One HTTP request and its response, with libcurl. Only http and https; certificates are verified, redirects are not
// followed, and proxies come from the environment. Blocking; any thread. Any status is a response. Errors: invalid (bad
// URL, or a response above `most_answer`), unreachable, timed_out, not_found (libcurl isn't installed). Errors name
// only the scheme, host and port of the URL, since the rest may hold a secret.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"

namespace deployctl::http {

struct Request {
  std::string url;
  std::optional<std::string> json;  // sent with POST; absent: GET
  Duration timeout{std::chrono::seconds(30)};
  std::size_t most_answer = 1024 * 1024;
  std::vector<std::string> headers{};  // "Name: value"
};

struct Answer {
  int status = 0;
  std::string body;
  std::string content_type{};  // as received; empty: none
  bool ok() const { return status >= 200 && status < 300; }
};

Result<Answer> exchange(const Request& request);
// Percent-encodes everything but letters, digits and -._~, for use in a URL.
std::string escaped(const std::string& text);

}  // namespace deployctl::http
