// Text for a terminal: its width in columns, truncation and padding, and sanitizing, because the output of hooks, hosts
// and plans may contain escape sequences. Pure; any thread; never fails.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deployctl::output {

// Returns one line that can't control a terminal: escape sequences are removed, control characters and direction marks
// become a space or '?', and bytes that aren't UTF-8 become U+FFFD.
std::string printable(std::string_view text);
// Returns the width in columns: 2 for wide East Asian characters and emoji, 0 for combining marks. The text must be
// printable.
std::size_t columns(std::string_view text);
// Truncates to at most `width` columns. A final "…" (utf8) or "~" marks truncated text.
std::string cut(std::string_view text, std::size_t width, bool utf8 = true);
std::string padded(std::string text, std::size_t width);       // spaces after the text
std::string padded_left(std::string text, std::size_t width);  // spaces before the text, for numbers
// Splits into lines without line ends; a newline at the end adds no empty line.
std::vector<std::string> lines_of(std::string_view text);
// Returns the last lines that aren't blank, at most `most`.
std::vector<std::string> last_lines(std::string_view text, std::size_t most);

}  // namespace deployctl::output
