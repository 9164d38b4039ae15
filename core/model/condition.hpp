// The success condition of a measured value: "< 0.01", ">= 99.5", or relative to the same query for the baseline:
// "<= 1.5 * baseline", "<= baseline + 0.02". A value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace deployctl::model {

class Condition {
 public:
  // Code::invalid: the hint has examples.
  static Result<Condition> parse(std::string_view text);

  bool needs_baseline() const { return factor_.has_value(); }
  // The limit that the value is compared with; `baseline` is used only if needs_baseline().
  double limit(double baseline) const { return factor_ ? *factor_ * baseline + offset_ : offset_; }
  bool holds(double value, double baseline) const;   // false if the value or the limit is NaN
  const std::string& text() const { return text_; }  // as written
  bool operator==(const Condition&) const = default;

 private:
  enum class Is { less, at_most, more, at_least, equal, other };
  Is is_ = Is::less;
  std::optional<double> factor_;  // multiplies the baseline
  double offset_ = 0;
  std::string text_;
};

}  // namespace deployctl::model
