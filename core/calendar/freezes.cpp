#include "core/calendar/freezes.hpp"

#include <date/tz.h>

#include <algorithm>
#include <cstdlib>

namespace deployctl::calendar {
namespace {

using std::chrono::days;
using Every = model::FreezeMoment::Every;

// The date library throws when it can't read the time zone database.
template <class F>
auto asked(F f) -> Result<decltype(f())> {
  try {
    return f();
  } catch (const std::exception& e) {
    return fail(with_hint(error(Code::not_found, std::string("time zones can't be read: ") + e.what()),
                          "install the package tzdata"));
  }
}

Result<const date::time_zone*> find(const std::string& zone) {
  DEPLOYCTL_TRY(database, asked([] { return &date::get_tzdb(); }));
  (void)database;
  try {
    return date::locate_zone(zone);
  } catch (const std::exception&) {
    return fail(with_hint(error(Code::invalid, "there is no time zone '" + zone + "' here"),
                          "such as Europe/Berlin, America/New_York, UTC"));
  }
}

WallTime to_wall(const date::time_zone& zone, std::chrono::sys_days day, std::chrono::minutes time) {
  const date::local_time<std::chrono::milliseconds> local{day.time_since_epoch() + time};
  return zone.to_sys(local, date::choose::latest);
}

std::chrono::sys_days local_day(const date::time_zone& zone, WallTime now) {
  return std::chrono::sys_days(std::chrono::floor<days>(zone.to_local(now).time_since_epoch()));
}

// The occurrence that begins on this day in the zone, if any.
std::optional<Freeze> occurrence(const model::FreezeWindow& window, const date::time_zone& zone,
                                 std::chrono::sys_days day) {
  auto end = day;
  if (window.from.every == Every::week) {
    if (std::chrono::weekday(day) != window.from.weekday) return std::nullopt;
    end = day + (window.until.weekday - window.from.weekday);
    if (end == day && window.until.time <= window.from.time) end = day + days(7);
  } else if (window.until.time <= window.from.time) {
    end = day + days(1);
  }
  return Freeze{window.reason, to_wall(zone, day, window.from.time), to_wall(zone, end, window.until.time), window.zone,
                window.mark};
}

// Occurrences that may overlap the days around `now`, and those that begin within `ahead` days.
Result<std::vector<Freeze>> occurrences(const std::vector<model::FreezeWindow>& windows, WallTime now, days ahead) {
  std::vector<Freeze> found;
  for (const auto& window : windows) {
    DEPLOYCTL_TRY(zone, find(window.zone));
    if (window.from.every == Every::once) {
      found.push_back({window.reason, to_wall(*zone, window.from.date, window.from.time),
                       to_wall(*zone, window.until.date, window.until.time), window.zone, window.mark});
      continue;
    }
    const auto today = local_day(*zone, now);
    for (auto day = today - days(8); day <= today + ahead; day += days(1))
      if (auto one = occurrence(window, *zone, day)) found.push_back(std::move(*one));
  }
  return found;
}

}  // namespace

Status check_zone(const std::string& zone) {
  DEPLOYCTL_TRY(found, find(zone));
  (void)found;
  return {};
}

std::vector<std::string> zone_names() {
  std::vector<std::string> names;
  const auto database = asked([] { return &date::get_tzdb(); });
  if (!database) return names;
  for (const auto& zone : (*database)->zones) names.push_back(zone.name());
  return names;
}

std::string local_zone() {
  const char* set = std::getenv("TZ");
  if (set && *set && check_zone(*set == ':' ? set + 1 : set)) return *set == ':' ? set + 1 : set;
  const auto current = asked([] { return date::current_zone()->name(); });
  return current ? *current : "UTC";
}

Result<std::optional<Freeze>> open_at(const std::vector<model::FreezeWindow>& windows, WallTime now) {
  DEPLOYCTL_TRY(all, occurrences(windows, now, days(8)));
  std::optional<Freeze> open;
  for (bool grew = true; grew;) {
    grew = false;
    const WallTime at = open ? open->until : now;
    for (const auto& one : all) {
      if (one.from > at || one.until <= at) continue;
      if (!open) open = one;
      open->until = std::max(open->until, one.until);
      grew = true;
    }
  }
  return open;
}

Result<std::optional<Freeze>> next_after(const std::vector<model::FreezeWindow>& windows, WallTime now,
                                         WallTime latest) {
  DEPLOYCTL_TRY(
      all, occurrences(windows, now, std::chrono::ceil<days>(std::max(latest - now, WallTime::duration(0))) + days(1)));
  std::optional<Freeze> next;
  for (const auto& one : all)
    if (one.from > now && one.from <= latest && (!next || one.from < next->from)) next = one;
  return next;
}

Result<WallTime> wall_of(const model::FreezeMoment& moment, const std::string& zone, WallTime now) {
  DEPLOYCTL_TRY(found, find(zone));
  if (moment.every == Every::once) return to_wall(*found, moment.date, moment.time);
  auto day = local_day(*found, now) - days(1);
  for (;; day += days(1)) {
    if (moment.every == Every::week && std::chrono::weekday(day) != moment.weekday) continue;
    if (const auto at = to_wall(*found, day, moment.time); at > now) return at;
  }
}

Result<std::string> shown_in(WallTime time, const std::string& zone) {
  DEPLOYCTL_TRY(found, find(zone));
  return date::format("%F %H:%M %Z", date::make_zoned(found, std::chrono::floor<std::chrono::minutes>(time)));
}

}  // namespace deployctl::calendar
