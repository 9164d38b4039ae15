#include "core/http/exchange.hpp"

#include <memory>

#include "core/http/libcurl.hpp"
#include "core/text/url_text.hpp"

namespace deployctl::http {
namespace {

struct CloseHandle {
  const Libcurl* curl;
  void operator()(CURL* handle) const { curl->easy_cleanup(handle); }
};
struct FreeList {
  const Libcurl* curl;
  void operator()(curl_slist* list) const { curl->slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, CloseHandle>;
using Headers = std::unique_ptr<curl_slist, FreeList>;

Headers headers_of(const Libcurl& curl, const Request& request) {
  Headers all(nullptr, {&curl});
  const auto add = [&](const std::string& line) {
    if (curl_slist* longer = curl.slist_append(all.get(), line.c_str())) {
      (void)all.release();
      all.reset(longer);
    }
  };
  if (request.json) add("Content-Type: application/json");
  for (const auto& line : request.headers) add(line);
  return all;
}

struct Incoming {
  std::string text;
  std::size_t most;
};

// Returning less than the received size ends the transfer (CURLE_WRITE_ERROR).
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
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Code::invalid;
    case CURLE_OPERATION_TIMEDOUT:
      return Code::timed_out;
    default:
      return Code::unreachable;
  }
}

void set_options(const Libcurl& curl, CURL* handle, const Request& request, Incoming& incoming, char* why) {
  const auto set = curl.easy_setopt;
  set(handle, CURLOPT_URL, request.url.c_str());
  set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle, CURLOPT_FOLLOWLOCATION, 0L);
  set(handle, CURLOPT_USERAGENT, "deployctl");
  set(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_ERRORBUFFER, why);
  set(handle, CURLOPT_WRITEFUNCTION, &keep);
  set(handle, CURLOPT_WRITEDATA, &incoming);
  if (!request.json) return;
  set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.json->size()));
  set(handle, CURLOPT_POSTFIELDS, request.json->c_str());
}

}  // namespace

Result<Answer> exchange(const Request& request) {
  DEPLOYCTL_TRY(curl, Libcurl::loaded());
  const Handle handle(curl->easy_init(), {curl});
  if (!handle) return fail(Code::internal, "libcurl can't be started");
  const Headers headers = headers_of(*curl, request);
  Incoming incoming{{}, request.most_answer};
  char why[CURL_ERROR_SIZE] = {};
  set_options(*curl, handle.get(), request, incoming, why);
  if (headers) curl->easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  const CURLcode result = curl->easy_perform(handle.get());
  const std::string what = (request.json ? "POST " : "GET ") + url_origin(request.url);
  if (result == CURLE_WRITE_ERROR)
    return fail(Code::invalid, what + ": an answer above " + std::to_string(request.most_answer) + " bytes");
  if (result != CURLE_OK)
    return fail(code_of(result), what + ": " + with_url_origins(why[0] ? why : curl->easy_strerror(result)));
  long status = 0;
  curl->easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  const char* type = nullptr;
  curl->easy_getinfo(handle.get(), CURLINFO_CONTENT_TYPE, &type);
  return Answer{static_cast<int>(status), std::move(incoming.text), type ? type : ""};
}

std::string escaped(const std::string& text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain)
      out += static_cast<char>(c);
    else
      out += {'%', digits[c >> 4], digits[c & 15]};
  }
  return out;
}

}  // namespace deployctl::http
