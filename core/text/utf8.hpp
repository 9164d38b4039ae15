// Checks the encoding of plan files: valid UTF-8 without control characters other than tab and line ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace deployctl::text {

struct Unreadable {
  std::size_t at = 0;  // byte offset
  std::string what;    // "a byte that is not UTF-8 (0xff)"
};

std::optional<Unreadable> find_unreadable(std::string_view text);
// Whether the text has any control character, including line ends.
bool has_control(std::string_view text);

}  // namespace deployctl::text
