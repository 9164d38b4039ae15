// The text of a plan or a fleet. What is no regular file, such as /dev/fd/63 or /dev/stdin, can be read once only, but
// a plan is read several times (its services, then each): its text is kept for the life of the process. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"

namespace deployctl::plans {

// Errors as io::read_file's.
Result<std::string> read_once(const std::string& path, std::uint64_t most);

}  // namespace deployctl::plans
