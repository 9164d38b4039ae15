#include "core/base/clock.hpp"

#include <fmt/core.h>

#include <cstdio>
#include <ctime>

namespace deployctl {
namespace {

class SystemClock : public Clock {
 public:
  WallTime wall() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
  SteadyTime steady() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
  }
};

thread_local const Clock* in_use = nullptr;

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return in_use ? *in_use : clock;
}

const Clock* clock_in_use() { return in_use; }

ClockInUse::ClockInUse(const Clock& clock) : before_(in_use) { in_use = &clock; }
ClockInUse::~ClockInUse() { in_use = before_; }

std::string to_string(WallTime t) {
  // Round down, so that a time before 1970 also has 0 to 999 milliseconds.
  const auto whole = std::chrono::floor<std::chrono::seconds>(t);
  const auto ms = (t - whole).count();
  const std::time_t seconds = whole.time_since_epoch().count();
  std::tm tm{};
  ::gmtime_r(&seconds, &tm);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                     tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
}

Result<WallTime> parse_time(std::string_view text) {
  std::tm tm{};
  int ms = 0;
  const std::string copy(text);
  char z = 0;
  const int read = std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3d%c", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
                               &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms, &z);
  tm.tm_year -= 1900;
  tm.tm_mon -= 1;
  const WallTime time(std::chrono::milliseconds(static_cast<std::int64_t>(::timegm(&tm)) * 1000 + ms));
  // Accept one spelling per time: sscanf also accepts signs, blanks, a 13th month and text after the end.
  if (read == 8 && to_string(time) == text) return time;
  return fail(Code::invalid, "'" + copy + "' is not a time such as 2026-11-24T09:08:32.120Z");
}

}  // namespace deployctl
