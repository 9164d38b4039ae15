#include "core/gate/endpoint.hpp"

#include "core/secret/resolve.hpp"
#include "core/text/url_text.hpp"

namespace deployctl::gate {

std::string Endpoint::cleaned(const std::string& words) const {
  auto secrets = url_secrets(url);
  for (const auto& line : headers) secrets.push_back(line.substr(line.find(": ") + 2));
  return without(words, secrets);
}

Result<Endpoint> endpoint_of(const model::SecretSource& url, const model::SecretHeaders& headers) {
  DEPLOYCTL_TRY(whole, secret::resolve(url));
  if (!is_http_url(whole)) return fail(Code::invalid, url.shown() + " does not hold an http or https URL");
  Endpoint endpoint{std::move(whole), {}, {}};
  endpoint.shown = url_origin(endpoint.url);
  for (const auto& [name, source] : headers) {
    DEPLOYCTL_TRY(value, secret::resolve(source));
    endpoint.headers.push_back(name + ": " + value);
  }
  return endpoint;
}

}  // namespace deployctl::gate
