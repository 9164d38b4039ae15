// Whether a freeze window is open at a time, and when the next one opens: calendars and IANA's time zones, of the
// system's zoneinfo. Pure but for reading that, once. Any thread. Code::invalid: a zone that is not known here;
// Code::absent: no zoneinfo at all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/model/freeze.hpp"

namespace deployctl::calendar {

Status check_zone(const std::string& zone);
std::vector<std::string> zone_names();
// Of this machine: $TZ where it names one, else what /etc/localtime is.
std::string local_zone();

struct Freeze {
  std::string reason;
  WallTime from, until;
  std::string zone;
  model::Mark mark{};
};

// The open one that lasts longest; windows that follow one another without a gap are one.
Result<std::optional<Freeze>> open_at(const std::vector<model::FreezeWindow>& windows, WallTime now);
// The first that opens after now and no later than `latest`.
Result<std::optional<Freeze>> next_after(const std::vector<model::FreezeWindow>& windows, WallTime now,
                                         WallTime latest);

// A date and time of a zone, or the next such day or time after now. One that the clocks skip is the moment of the
// skip; of two it is the later.
Result<WallTime> wall_of(const model::FreezeMoment& moment, const std::string& zone, WallTime now);
// "2026-12-01 08:00 CET"
Result<std::string> shown_in(WallTime time, const std::string& zone);

}  // namespace deployctl::calendar
