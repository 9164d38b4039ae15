// Reads the text of a plan or a fleet. A file that isn't regular, such as /dev/fd/63 or /dev/stdin, can be read only
// once, but a plan is read several times (its list of services, then each service). The text of such a file is kept for
// the life of the process. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"

namespace deployctl::plans {

// Returns the errors of io::read_file().
Result<std::string> read_once(const std::string& path, std::uint64_t most);

}  // namespace deployctl::plans
