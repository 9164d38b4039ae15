// Who drives a rollout, so that others can tell whether the driver still lives: pid, start time and boot id together
// name one process for ever. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace deployctl::host {

struct ThisProcess {
  std::string user, host, boot_id;
  std::uint32_t pid = 0;
  std::uint64_t pid_start = 0;
};

ThisProcess this_process();
// A process of this host (its boot id says so) that is over. Of another host nothing is known: false.
bool is_dead_here(const std::string& boot_id, std::uint32_t pid, std::uint64_t pid_start);

}  // namespace deployctl::host
