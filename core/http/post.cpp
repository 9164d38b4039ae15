#include "core/http/post.hpp"

#include "core/http/exchange.hpp"
#include "core/text/url_text.hpp"

namespace deployctl::http {
namespace {

constexpr std::size_t max_words = 200;

std::string first_words(const std::string& text) {
  return text.substr(0, std::min(max_words, text.find_first_of("\r\n")));
}

}  // namespace

Status post_json(const std::string& url, const std::string& body, Duration timeout) {
  Request request;
  request.url = url;
  request.json = body;
  request.timeout = timeout;
  DEPLOYCTL_TRY(answer, exchange(request));
  if (answer.ok()) return {};
  return fail(Code::refused,
              "POST " + url_origin(url) + ": status " + std::to_string(answer.status) +
                  (answer.body.empty() ? "" : ": " + first_words(without(answer.body, url_secrets(url)))));
}

}  // namespace deployctl::http
