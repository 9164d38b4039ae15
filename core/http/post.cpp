#include "core/http/post.hpp"

#include <curl/curl.h>

#include <memory>
#include <mutex>

namespace deployctl::http {
namespace {

constexpr std::size_t most_answer = 200;

struct CloseHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, CloseHandle>;
using Headers = std::unique_ptr<curl_slist, FreeList>;

// libcurl's global state isn't thread-safe to set up.
void prepare() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

std::size_t keep(char* data, std::size_t one, std::size_t count, void* into) {
  auto& text = *static_cast<std::string*>(into);
  if (text.size() < most_answer) text.append(data, std::min(one * count, most_answer - text.size()));
  return one * count;
}

Code code_of(CURLcode result) {
  switch (result) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return Code::invalid;
    case CURLE_OPERATION_TIMEDOUT: return Code::timed_out;
    default: return Code::unreachable;
  }
}

std::string first_line(const std::string& text) { return text.substr(0, text.find_first_of("\r\n")); }

}  // namespace

Status post_json(const std::string& url, const std::string& body, Duration timeout) {
  prepare();
  const Handle handle(curl_easy_init());
  if (!handle) return fail(Code::internal, "libcurl can't be started");
  const Headers headers(curl_slist_append(nullptr, "Content-Type: application/json"));
  std::string answer;
  char why[CURL_ERROR_SIZE] = {};
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle.get(), CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle.get(), CURLOPT_USERAGENT, "deployctl");
  curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, why);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &keep);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &answer);
  const CURLcode result = curl_easy_perform(handle.get());
  if (result != CURLE_OK) return fail(code_of(result), "POST " + url + ": " + (why[0] ? why : curl_easy_strerror(result)));
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300) return {};
  return fail(Code::refused, "POST " + url + ": status " + std::to_string(status) + (answer.empty() ? "" : ": " + first_line(answer)));
}

}  // namespace deployctl::http
