// The endpoint of a probe with its secrets resolved: used for one request, never stored. Private to the module;
// blocking.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/gate.hpp"

namespace deployctl::gate {

struct Endpoint {
  std::string url;                   // including secrets
  std::vector<std::string> headers;  // "Name: value"
  std::string shown;                 // scheme://host:port

  // `words` from the server, with any echoed parts of the URL and the headers removed.
  std::string cleaned(const std::string& words) const;
};

// Code::invalid: a secret can't be read or does not hold an http or https URL.
Result<Endpoint> endpoint_of(const model::SecretSource& url, const model::SecretHeaders& headers);

}  // namespace deployctl::gate
