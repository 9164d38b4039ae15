#include "core/http/exchange.hpp"

#include <curl/curl.h>

#include <memory>
#include <mutex>

namespace deployctl::http {
namespace {

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

struct Incoming {
  std::string text;
  std::size_t most;
};

// Too much ends the transfer (CURLE_WRITE_ERROR).
std::size_t keep(char* data, std::size_t one, std::size_t count, void* into) {
  auto& incoming = *static_cast<Incoming*>(into);
  if (incoming.text.size() + one * count > incoming.most) return 0;
  incoming.text.append(data, one * count);
  return one * count;
}

Code code_of(CURLcode result) {
  switch (result) {
    case CURLE_URL_MALFORMAT:
    case CURLE_WRITE_ERROR:
    case CURLE_UNSUPPORTED_PROTOCOL: return Code::invalid;
    case CURLE_OPERATION_TIMEDOUT: return Code::timed_out;
    default: return Code::unreachable;
  }
}

void set_options(CURL* handle, const Request& request, Incoming& incoming, char* why) {
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "deployctl");
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, why);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &keep);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &incoming);
  if (!request.json) return;
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.json->size()));
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.json->c_str());
}

}  // namespace

Result<Answer> exchange(const Request& request) {
  prepare();
  const Handle handle(curl_easy_init());
  if (!handle) return fail(Code::internal, "libcurl can't be started");
  const Headers headers(curl_slist_append(nullptr, "Content-Type: application/json"));
  Incoming incoming{{}, request.most_answer};
  char why[CURL_ERROR_SIZE] = {};
  set_options(handle.get(), request, incoming, why);
  if (request.json) curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  const CURLcode result = curl_easy_perform(handle.get());
  const std::string what = (request.json ? "POST " : "GET ") + request.url;
  if (result == CURLE_WRITE_ERROR) return fail(Code::invalid, what + ": an answer above " + std::to_string(request.most_answer) + " bytes");
  if (result != CURLE_OK) return fail(code_of(result), what + ": " + (why[0] ? why : curl_easy_strerror(result)));
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  return Answer{static_cast<int>(status), std::move(incoming.text)};
}

std::string escaped(const std::string& text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) out += static_cast<char>(c);
    else out += {'%', digits[c >> 4], digits[c & 15]};
  }
  return out;
}

}  // namespace deployctl::http
