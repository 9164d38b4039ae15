// Where a probe asks, with its secrets read: used for one request and forgotten. Private to the module; blocking.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/gate.hpp"

namespace deployctl::gate {

struct Endpoint {
  std::string url;                   // whole
  std::vector<std::string> headers;  // "Name: value"
  std::string shown;                 // scheme://host:port, or the source that the URL comes from

  // What a server said, without the parts of the URL and of headers that it repeated.
  std::string cleaned(const std::string& words) const;
};

// Code::invalid: a secret can't be read, or is no http or https URL.
Result<Endpoint> endpoint_of(const model::SecretSource& url, const model::SecretHeaders& headers);

}  // namespace deployctl::gate
