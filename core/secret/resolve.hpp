// Reads a secret from where it comes from: a file (one line end at its end is left out), a variable of the environment,
// or what a command prints (30 s at most). Never stored and never shown: an error names the source. One line of at most
// 64 KiB without control characters, as it goes into URLs and headers. Blocking; any thread.
//
// Errors: Code::invalid: the file, variable or output is missing, empty, too long or of several lines, the command
// failed.
#pragma once

#include "core/base/result.hpp"
#include "core/model/secret.hpp"

namespace deployctl::secret {

Result<std::string> resolve(const model::SecretSource& source);

}  // namespace deployctl::secret
