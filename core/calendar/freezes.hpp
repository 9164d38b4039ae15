// Whether a freeze window is open at a time, and when the next one opens, with IANA time zones from the system's
// zoneinfo. Reads zoneinfo once; otherwise pure. Any thread. Errors: Code::invalid (unknown time zone), Code::not_found
// (no zoneinfo).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/model/freeze.hpp"

namespace deployctl::calendar {

Status check_zone(const std::string& zone);
std::vector<std::string> zone_names();
// The time zone of this machine: $TZ if it names one, otherwise that of /etc/localtime; UTC if neither can be read.
std::string local_zone();

struct Freeze {
  std::string reason;
  WallTime from, until;
  std::string zone;
  model::Mark mark{};
};

// The window that is open now. `until` is the end of all windows that overlap it or follow it without a gap; the other
// fields are those of the first open window.
Result<std::optional<Freeze>> open_at(const std::vector<model::FreezeWindow>& windows, WallTime now);
// The first window that opens after `now` and no later than `latest`.
Result<std::optional<Freeze>> next_after(const std::vector<model::FreezeWindow>& windows, WallTime now,
                                         WallTime latest);

// A date and time in a zone, or the next such day or time after `now`. A local time that the clocks skip becomes the
// moment of the change; one that occurs twice is its second occurrence.
Result<WallTime> wall_of(const model::FreezeMoment& moment, const std::string& zone, WallTime now);
// "2026-12-01 08:00 CET"
Result<std::string> shown_in(WallTime time, const std::string& zone);

}  // namespace deployctl::calendar
