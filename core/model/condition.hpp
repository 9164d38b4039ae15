// What a measured value must be: "< 0.01", ">= 99.5", or held against the same measure of a baseline: "<= 1.5 *
// baseline",
// "<= baseline + 0.02". A value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace deployctl::model {

class Condition {
 public:
  // Code::invalid with an example of what is understood.
  static Result<Condition> parse(std::string_view text);

  bool needs_baseline() const { return factor_.has_value(); }
  // What the value is held against; `baseline` is looked at only where it is needed.
  double limit(double baseline) const { return factor_ ? *factor_ * baseline + offset_ : offset_; }
  bool holds(double value, double baseline) const;   // of NaN nothing holds
  const std::string& text() const { return text_; }  // as written
  bool operator==(const Condition&) const = default;

 private:
  enum class Is { less, at_most, more, at_least, equal, other };
  Is is_ = Is::less;
  std::optional<double> factor_;  // of the baseline
  double offset_ = 0;
  std::string text_;
};

}  // namespace deployctl::model
