#include "core/model/freeze.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

namespace deployctl::model {
namespace {

using std::chrono::minutes;
using Every = FreezeMoment::Every;

constexpr std::array<std::string_view, 7> weekdays{"sunday",   "monday", "tuesday", "wednesday",
                                                   "thursday", "friday", "saturday"};

// Parses exactly `count` digits.
std::optional<unsigned> digits(std::string_view text, std::size_t count) {
  unsigned number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.size() != count || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<minutes> time_of(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto hours = digits(text.substr(0, colon), colon), rest = digits(text.substr(colon + 1), 2);
  if (!hours || !rest || colon > 2 || *rest > 59 || *hours * 60 + *rest > 24 * 60) return std::nullopt;
  return minutes(*hours * 60 + *rest);
}

std::optional<std::chrono::year_month_day> date_of(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text.substr(0, 4), 4), month = digits(text.substr(5, 2), 2), day = digits(text.substr(8), 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return date;
}

std::optional<std::chrono::weekday> weekday_of(std::string_view text) {
  std::string small(text);
  for (auto& c : small) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  for (unsigned i = 0; i < weekdays.size(); ++i)
    if (small == weekdays[i] || small == weekdays[i].substr(0, 3)) return std::chrono::weekday(i);
  return std::nullopt;
}

bool take_day(std::string_view text, FreezeMoment& into) {
  if (const auto date = date_of(text)) {
    into.every = Every::once;
    into.date = *date;
    return true;
  }
  const auto weekday = weekday_of(text);
  if (!weekday) return false;
  into.every = Every::week;
  into.weekday = *weekday;
  return true;
}

}  // namespace

Result<FreezeMoment> FreezeMoment::parse(std::string_view text) {
  FreezeMoment moment;
  const auto space = text.find_first_of(" T");
  const std::string_view day = text.substr(0, space);
  const auto whole = time_of(text);
  if (whole) {
    moment.time = *whole;
    return moment;
  }
  const bool has_time = space != std::string_view::npos && !weekday_of(text);
  const auto time = has_time ? time_of(text.substr(space + 1)) : minutes(0);
  if (time && take_day(has_time ? day : text, moment)) {
    moment.time = *time;
    return moment;
  }
  return fail(with_hint(error(Code::invalid, fmt::format("'{}' is no date, day or time", text)),
                        "such as \"2026-12-20 16:00\", \"fri 16:00\" or \"22:00\""));
}

std::string to_string(const FreezeMoment& moment) {
  const std::string time = fmt::format("{:02}:{:02}", moment.time.count() / 60, moment.time.count() % 60);
  if (moment.every == Every::day) return time;
  if (moment.every == Every::week)
    return fmt::format("{} {}", weekdays[moment.weekday.c_encoding()].substr(0, 3), time);
  return fmt::format("{:04}-{:02}-{:02} {}", int(moment.date.year()), unsigned(moment.date.month()),
                     unsigned(moment.date.day()), time);
}

Status check_window(const FreezeWindow& window) {
  const auto& [from, until] = std::tie(window.from, window.until);
  if (from.every != until.every)
    return fail(with_hint(
        error(Code::invalid, fmt::format("'{}' and '{}' are of two kinds", to_string(from), to_string(until))),
        "give two dates, two days of the week, or two times of the day"));
  const bool empty = from == until;
  const bool backwards = from.every == Every::once && std::pair(std::chrono::sys_days(from.date), from.time) >
                                                          std::pair(std::chrono::sys_days(until.date), until.time);
  if (empty || backwards)
    return fail(Code::invalid, fmt::format("nothing lies from {} until {}", to_string(from), to_string(until)));
  return {};
}

}  // namespace deployctl::model
