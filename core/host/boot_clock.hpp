// Time that changes of the wall clock don't affect: milliseconds since boot, including suspend. Only comparable within
// one boot. Values; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace deployctl::host {

struct BootTime {
  std::string boot_id;  // from the kernel, new at each boot
  std::int64_t ms = 0;
  bool operator==(const BootTime&) const = default;
};

BootTime boot_now();
std::int64_t wall_ms();  // since the Unix epoch, for people and receipts

}  // namespace deployctl::host
