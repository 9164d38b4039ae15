#include "core/model/condition.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace deployctl::model {
namespace {

constexpr std::string_view baseline_word = "baseline";

Error not_understood(std::string_view text) {
  return with_hint(error(Code::invalid, "'" + std::string(text) + "' is no condition"),
                   "such as \"< 0.01\", \"<= 1.5 * baseline\" or \"<= baseline + 0.02\"");
}

// The unread rest of a text.
struct Rest {
  std::string_view text;
  void skip_spaces() {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
  bool take(std::string_view word) {
    skip_spaces();
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
  }
  std::optional<double> number() {
    skip_spaces();
    double value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || !std::isfinite(value)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
  }
  bool over() {
    skip_spaces();
    return text.empty();
  }
};

}  // namespace

Result<Condition> Condition::parse(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, Is>, 6> signs{{{"<=", Is::at_most},
                                                                         {">=", Is::at_least},
                                                                         {"==", Is::equal},
                                                                         {"!=", Is::other},
                                                                         {"<", Is::less},
                                                                         {">", Is::more}}};
  Condition condition;
  condition.text_ = std::string(text);
  Rest rest{text};
  bool signed_so = false;
  for (const auto& [sign, is] : signs)
    if (!signed_so && rest.take(sign)) condition.is_ = is, signed_so = true;
  if (!signed_so) return fail(not_understood(text));
  const auto first = rest.number();
  if (first && rest.over()) {
    condition.offset_ = *first;
    return condition;
  }
  if (first && !rest.take("*")) return fail(not_understood(text));
  if (!rest.take(baseline_word)) return fail(not_understood(text));
  condition.factor_ = first.value_or(1);
  if (rest.over()) return condition;
  const bool plus = rest.take("+");
  if (!plus && !rest.take("-")) return fail(not_understood(text));
  const auto more = rest.number();
  if (!more || !rest.over()) return fail(not_understood(text));
  condition.offset_ = plus ? *more : -*more;
  return condition;
}

bool Condition::holds(double value, double baseline) const {
  const double held_against = limit(baseline);
  if (std::isnan(value) || std::isnan(held_against)) return false;
  switch (is_) {
    case Is::less:
      return value < held_against;
    case Is::at_most:
      return value <= held_against;
    case Is::more:
      return value > held_against;
    case Is::at_least:
      return value >= held_against;
    case Is::equal:
      return value == held_against;
    case Is::other:
      return value != held_against;
  }
  return false;
}

}  // namespace deployctl::model
