// What /proc/PID/stat says of a process (proc(5)). A pid and its start time name a process for as long as this boot
// lasts: the kernel uses pids again. Reads a file; any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace deployctl::host {

struct ProcessStat {
  char state = 'Z';
  pid_t session = 0;
  std::uint64_t start = 0;  // in clock ticks since boot
  bool zombie() const { return state == 'Z'; }
};

std::optional<ProcessStat> process_stat(pid_t pid);  // nullopt: no such process
std::uint64_t start_time(pid_t pid);                 // 0: no such process, or a zombie

}  // namespace deployctl::host
