#include "cli/output/human_format.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace deployctl::output {

std::string size(std::uint64_t bytes) {
  constexpr std::array units{"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units.at(unit));
}

std::string rate(double bytes_per_second) {
  const bool sane = std::isfinite(bytes_per_second) && bytes_per_second > 0;
  return size(sane ? static_cast<std::uint64_t>(std::min(bytes_per_second, 1e19)) : 0) + "/s";
}

std::string age(WallTime then, WallTime now) {
  const auto s = std::chrono::duration_cast<std::chrono::seconds>(now - then).count();
  if (s < 5) return "just now";  // also if the clock was set back
  if (s < 60) return fmt::format("{} s ago", s);
  if (s < 3600) return fmt::format("{} min ago", s / 60);
  if (s < 48 * 3600) return fmt::format("{} h ago", s / 3600);
  return fmt::format("{} days ago", s / 86400);
}

std::string number(std::uint64_t n) {
  std::string out = std::to_string(n);
  for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
  return out;
}

std::string count(std::uint64_t n, const std::string& one) { return number(n) + " " + one + (n == 1 ? "" : "s"); }

std::string about(Duration d) {
  const auto s = d.count() / 1000;
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600)
    return s < 600 && s % 60 ? fmt::format("{} min {:02} s", s / 60, s % 60) : fmt::format("{} min", s / 60);
  return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
}

}  // namespace deployctl::output
