// Time that no wall clock can set back: milliseconds since this host booted, sleep included. A moment means something
// together with the boot it belongs to only. Values; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace deployctl::host {

struct BootTime {
  std::string boot_id;  // of the kernel, new at each boot
  std::int64_t ms = 0;
  bool operator==(const BootTime&) const = default;
};

BootTime boot_now();
std::int64_t wall_ms();  // since the epoch, for people and receipts

}  // namespace deployctl::host
