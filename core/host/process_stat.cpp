#include "core/host/process_stat.hpp"

#include <cinttypes>
#include <cstdio>
#include <string>

#include "core/io/files.hpp"

namespace deployctl::host {

std::optional<ProcessStat> process_stat(pid_t pid) {
  // "pid (comm) state ppid pgrp session ..."; comm may contain any character, so parse from the last ')'.
  const std::string text = io::read_file("/proc/" + std::to_string(pid) + "/stat", 65536).value_or("");
  const auto after = text.rfind(')');
  if (after == std::string::npos) return std::nullopt;
  ProcessStat stat;
  const int fields = std::sscanf(text.c_str() + after + 1,
                                 " %c %*d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64,
                                 &stat.state, &stat.session, &stat.start);
  if (fields != 3) return std::nullopt;
  return stat;
}

std::uint64_t start_time(pid_t pid) {
  const auto stat = process_stat(pid);
  return stat && !stat->zombie() ? stat->start : 0;
}

}  // namespace deployctl::host
