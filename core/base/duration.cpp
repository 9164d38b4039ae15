#include "core/base/duration.hpp"

#include <fmt/core.h>

#include <array>
#include <charconv>

namespace deployctl {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array units{Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000}, Unit{"ms", 1}};
constexpr std::int64_t longest = 8760LL * 3'600'000;

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto bad =
      error(Code::invalid,
            fmt::format("'{}' is not a duration: a whole number and ms, s, m or h, such as 500ms, 10s, 5m, 1h", text));
  std::int64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{} || number < 0 || text.empty() || text[0] == '-') return fail(bad);
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& unit : units) {
    if (unit.name != name) continue;
    if (number > longest / unit.milliseconds)
      return fail(Code::invalid, fmt::format("'{}' is too long: at most 8760h", text));
    return Duration(number * unit.milliseconds);
  }
  return fail(bad);
}

std::string to_string(Duration d) {
  for (const auto& unit : units)
    if (d.count() != 0 && d.count() % unit.milliseconds == 0)
      return fmt::format("{}{}", d.count() / unit.milliseconds, unit.name);
  return "0s";
}

std::string human_duration(Duration d) {
  const auto ms = d.count();
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  const auto s = ms / 1000;
  if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
}

}  // namespace deployctl
