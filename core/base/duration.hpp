// Durations as written in plans: "500ms", "10s", "5m", "1h".
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace deployctl {

using Duration = std::chrono::milliseconds;

// One whole number and one unit (ms, s, m, h); at most 8760h. A bare number, a sign or a fraction is Code::invalid.
Result<Duration> parse_duration(std::string_view text);
// The shortest exact form: 90s -> "90s", 120s -> "2m", 1500ms -> "1500ms".
std::string to_string(Duration d);
// For human readers: "1.4 s", "2 min 05 s", "1 h 10 min".
std::string human_duration(Duration d);

}  // namespace deployctl
