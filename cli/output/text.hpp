// Text for a terminal: how many columns it takes, cut and padded to a width, and made harmless: what a hook, a host or
// a plan says may hold escape sequences. Pure; any thread; never fails.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deployctl::output {

// One line that can't steer a terminal: colours and other escape sequences are left out, control characters and
// direction marks become a space or '?', bytes that aren't UTF-8 become U+FFFD.
std::string printable(std::string_view text);
// Columns: 2 for wide East Asian characters and emoji, 0 for combining marks. Of printable text.
std::size_t columns(std::string_view text);
// At most `width` columns; what was cut off is told by a last "…" (utf8) or "~".
std::string cut(std::string_view text, std::size_t width, bool utf8 = true);
std::string padded(std::string text, std::size_t width);       // spaces behind
std::string padded_left(std::string text, std::size_t width);  // spaces before: for numbers
// Without the line ends; an empty last line isn't one.
std::vector<std::string> lines_of(std::string_view text);
// The last lines that say something, at most `most`.
std::vector<std::string> last_lines(std::string_view text, std::size_t most);

}  // namespace deployctl::output
