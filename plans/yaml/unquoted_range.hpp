// A range of hosts within braces that isn't quoted, such as {host: 10.1.0.[11-14]}: YAML takes its bracket for a list,
// and its words about that are of no help. Pure.
#pragma once

#include <optional>
#include <string>

namespace deployctl::plans {

struct UnquotedRange {
  std::string text;  // "10.1.0.[11-14]"
  unsigned line = 0, column = 0;
};

// The last one on the line (from 0) where the parser gave up, or on one of a few lines before: that is where the map
// ends.
std::optional<UnquotedRange> unquoted_range_before(const std::string& text, int line);

}  // namespace deployctl::plans
