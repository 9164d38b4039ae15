// Is a text one that a plan may be written in: valid UTF-8 without control characters other than tab and line
// ends?
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace deployctl::text {

struct Unreadable {
  std::size_t at = 0;  // the byte
  std::string what;    // "a byte that is not UTF-8 (0xff)"
};

std::optional<Unreadable> find_unreadable(std::string_view text);
// Any control character, line ends included.
bool has_control(std::string_view text);

}  // namespace deployctl::text
