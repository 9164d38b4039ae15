// Detects an unquoted host range within braces, such as {host: 10.1.0.[11-14]}. YAML parses its bracket as a list, and
// the resulting error message is misleading. Pure.
#pragma once

#include <optional>
#include <string>

namespace deployctl::plans {

struct UnquotedRange {
  std::string text;  // "10.1.0.[11-14]"
  unsigned line = 0, column = 0;
};

// Returns the last such range on `line` (0-based), where the parser failed, or on one of the few lines before it. The
// parser fails where the map ends, which may be lines after the range.
std::optional<UnquotedRange> unquoted_range_before(const std::string& text, int line);

}  // namespace deployctl::plans
