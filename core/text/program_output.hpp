// Words of hooks and of other people's programs, made fit for a message: protobuf refuses what isn't UTF-8. Any thread.
#pragma once

#include <string>

namespace deployctl::text {

// UTF-8 stays as it is; a byte that is part of none becomes '?'.
std::string printable(std::string text);

}  // namespace deployctl::text
