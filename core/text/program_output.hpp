// Makes the output of hooks and other programs valid UTF-8 for messages, because protobuf refuses anything else. Any
// thread.
#pragma once

#include <string>

namespace deployctl::text {

// Replaces each byte that is not part of a valid UTF-8 sequence with '?'.
std::string printable(std::string text);

}  // namespace deployctl::text
