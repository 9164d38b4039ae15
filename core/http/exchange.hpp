// One request and its answer, by libcurl. Only http and https; certificates are checked, redirects aren't followed,
// proxies as the environment says. Blocking; any thread. Errors: invalid (the URL, or an answer above `most_answer`),
// unreachable, timed_out, absent (libcurl isn't installed). Any status is an answer. An error names the URL by scheme,
// host and port only: the rest may hold a secret.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"

namespace deployctl::http {

struct Request {
  std::string url;
  std::optional<std::string> json;  // posted; absent: GET
  Duration timeout{std::chrono::seconds(30)};
  std::size_t most_answer = 1024 * 1024;
  std::vector<std::string> headers{};  // "Name: value"
};

struct Answer {
  int status = 0;
  std::string body;
  std::string content_type{};  // as it was sent; empty: none
  bool ok() const { return status >= 200 && status < 300; }
};

Result<Answer> exchange(const Request& request);
// For a part of a URL: all but letters, digits and -._~ as %XX.
std::string escaped(const std::string& text);

}  // namespace deployctl::http
