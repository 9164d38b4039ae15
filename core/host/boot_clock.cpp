#include "core/host/boot_clock.hpp"

#include <ctime>

#include "core/base/clock.hpp"
#include "core/host/boot_id.hpp"

namespace deployctl::host {
BootTime boot_now() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return {boot_id().empty() ? "unknown" : boot_id(),
          static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000};
}

std::int64_t wall_ms() { return system_clock().wall().time_since_epoch().count(); }

}  // namespace deployctl::host
