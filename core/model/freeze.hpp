// Freeze windows, in which nothing is deployed, each in a time zone. Values without a clock; core/calendar computes
// whether one is open.
#pragma once

#include <chrono>
#include <string>

#include "core/base/result.hpp"
#include "core/model/mark.hpp"

namespace deployctl::model {

// Where a window begins or ends: a time on a date, on a day of every week, or on every day.
struct FreezeMoment {
  enum class Every { once, week, day };
  Every every = Every::day;
  std::chrono::year_month_day date{};  // Every::once
  std::chrono::weekday weekday{};      // Every::week
  std::chrono::minutes time{0};        // since midnight of the day; 24:00 is the next midnight

  // "2026-12-20 16:00", "2026-12-20" (midnight), "fri 16:00", "friday", "22:00". Otherwise Code::invalid.
  static Result<FreezeMoment> parse(std::string_view text);
  bool operator==(const FreezeMoment&) const = default;
};
std::string to_string(const FreezeMoment& moment);

struct FreezeWindow {
  std::string reason;
  FreezeMoment from, until;  // of the same kind; `until` is exclusive
  std::string zone = "UTC";  // IANA name
  Mark mark{};
};

// Code::invalid: the ends are of different kinds, or the window is empty.
Status check_window(const FreezeWindow& window);

}  // namespace deployctl::model
