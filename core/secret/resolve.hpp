// Reads a secret from its source: a file, an environment variable, or the output of a command (at most 30 s). The
// secret is never stored or shown; errors name only the source. One trailing line end is removed. The value must be one
// line of at most 64 KiB without control characters, because it is used in URLs and headers. Blocking; any thread.
//
// Code::invalid: the value is missing, empty, too long or has several lines, or the command failed.
#pragma once

#include "core/base/result.hpp"
#include "core/model/secret.hpp"

namespace deployctl::secret {

Result<std::string> resolve(const model::SecretSource& source);

}  // namespace deployctl::secret
