// Identifies the controller of a rollout, so that other processes can tell whether it still runs: pid, start time and
// boot id together are unique. Any thread.
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
// True if the process ran on this host in this boot and has exited. False for other hosts, whose state is unknown.
bool is_dead_here(const std::string& boot_id, std::uint32_t pid, std::uint64_t pid_start);

}  // namespace deployctl::host
