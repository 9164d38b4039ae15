// Formats numbers for people. Pure. See human_duration() in core/base/duration.hpp for exact durations.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/clock.hpp"

namespace deployctl::output {

std::string size(std::uint64_t bytes);                       // "812 B", "12.3 MB", "10.0 GB"; powers of 1000
std::string rate(double bytes_per_second);                   // "4.1 MB/s"
std::string age(WallTime then, WallTime now);                // "just now", "3 min ago", "5 h ago", "2 days ago"
std::string number(std::uint64_t n);                         // "12,000"
std::string count(std::uint64_t n, const std::string& one);  // "1 target", "12,000 targets"
std::string about(Duration d);  // whole units: "40 s", "2 min 05 s", "14 min", "1 h 10 min"

}  // namespace deployctl::output
