// When nothing is to be deployed: windows of a calendar, each in a time zone. Values, no clock; whether one is open is
// calendar's to say.
#pragma once

#include <chrono>
#include <string>

#include "core/base/result.hpp"
#include "core/model/mark.hpp"

namespace deployctl::model {

// Where a window begins or ends: on a date, on a day of every week, or every day; at a time of that day.
struct FreezeMoment {
  enum class Every { once, week, day };
  Every every = Every::day;
  std::chrono::year_month_day date{};  // once
  std::chrono::weekday weekday{};      // week
  std::chrono::minutes time{0};        // since the day's midnight; 24:00 is the next one's

  // "2026-12-20 16:00", "2026-12-20" (its midnight), "fri 16:00", "friday", "22:00". Code::invalid.
  static Result<FreezeMoment> parse(std::string_view text);
  bool operator==(const FreezeMoment&) const = default;
};
std::string to_string(const FreezeMoment& moment);

struct FreezeWindow {
  std::string reason;
  FreezeMoment from, until;  // of one kind; until is outside
  std::string zone = "UTC";  // IANA's name
  Mark mark{};
};

// Code::invalid: ends of two kinds, or a window that is empty.
Status check_window(const FreezeWindow& window);

}  // namespace deployctl::model
