#include "core/model/amount.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace deployctl::model {

Result<Amount> Amount::parse(std::string_view text) {
  const bool percent = text.ends_with('%');
  const std::string_view digits = percent ? text.substr(0, text.size() - 1) : text;
  Amount amount;
  amount.percent = percent;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), amount.value);
  const bool whole = ec == std::errc() && end == digits.data() + digits.size() && !digits.empty();
  if (!whole || (percent && amount.value > 100))
    return fail(Code::invalid, "'" + std::string(text) + "' is no count (3) or percentage (25%, 0% to 100%)");
  return amount;
}

std::string Amount::text() const { return std::to_string(value) + (percent ? "%" : ""); }

unsigned Amount::round_up(unsigned whole) const {
  if (!percent) return std::min(value, whole);
  return static_cast<unsigned>((std::uint64_t{value} * whole + 99) / 100);
}

unsigned Amount::round_down(unsigned whole) const {
  if (!percent) return std::min(value, whole);
  return static_cast<unsigned>(std::uint64_t{value} * whole / 100);
}

}  // namespace deployctl::model
