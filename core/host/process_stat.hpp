// Fields of /proc/PID/stat (proc(5)). A pid and a start time together identify a process within one boot, because the
// kernel reuses pids. Reads a file; any thread.
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
