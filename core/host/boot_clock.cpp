#include "core/host/boot_clock.hpp"

#include <ctime>

#include "core/base/clock.hpp"
#include "core/io/files.hpp"

namespace deployctl::target {
namespace {

std::string read_boot_id() {
  std::string id = io::read_file("/proc/sys/kernel/random/boot_id").value_or("unknown");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

}  // namespace

BootTime boot_now() {
  static const std::string boot_id = read_boot_id();
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return {boot_id, static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000};
}

std::int64_t wall_ms() { return system_clock().wall().time_since_epoch().count(); }

}  // namespace deployctl::target
