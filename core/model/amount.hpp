// A count or a percentage, as in `max_parallel: 25%`.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace deployctl::model {

struct Amount {
  unsigned value = 0;
  bool percent = false;

  // "3", "25%"; percentages 0..100. Anything else: Code::invalid.
  static Result<Amount> parse(std::string_view text);
  std::string text() const;
  // The amount out of `whole`. Percentages are rounded up or down; counts are capped at `whole`.
  unsigned round_up(unsigned whole) const;
  unsigned round_down(unsigned whole) const;
  bool operator==(const Amount&) const = default;
};

}  // namespace deployctl::model
