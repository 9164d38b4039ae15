#include "core/host/process_session.hpp"

#include <poll.h>
#include <signal.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "core/io/files.hpp"

namespace deployctl::artifact {
namespace {

struct Stat {
  char state = 'Z';
  int session = 0;
  unsigned long long start = 0;
};

// "pid (comm) state ppid pgrp session ..."; comm may hold anything, so read from its last ')'.
bool read_stat(const std::string& pid, Stat& out) {
  const std::string text = io::read_file("/proc/" + pid + "/stat", 65536).value_or("");
  const auto after = text.rfind(')');
  if (after == std::string::npos) return false;
  return std::sscanf(text.c_str() + after + 1,
                     " %c %*d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &out.state,
                     &out.session, &out.start) == 3;
}

}  // namespace

std::vector<pid_t> session_members(pid_t session) {
  std::vector<pid_t> found;
  for (const auto& name : io::list_dir("/proc").value_or(std::vector<std::string>{})) {
    Stat stat;
    if (name.find_first_not_of("0123456789") != std::string::npos || !read_stat(name, stat)) continue;
    if (stat.session == session && stat.state != 'Z') found.push_back(std::atoi(name.c_str()));
  }
  return found;
}

void end_session(pid_t session, Duration grace) {
  if (session <= 1) return;
  const auto killing = std::chrono::steady_clock::now() + grace;
  bool asked = false;
  for (auto alive = session_members(session); !alive.empty(); alive = session_members(session)) {
    const bool late = std::chrono::steady_clock::now() >= killing;
    for (const pid_t pid : alive)
      if (late || !asked) ::kill(pid, late ? SIGKILL : SIGTERM);
    asked = true;
    ::poll(nullptr, 0, 10);
  }
}

std::uint64_t start_time(pid_t pid) {
  Stat stat;
  return read_stat(std::to_string(pid), stat) ? stat.start : 0;
}

std::string boot_id() { return io::read_file("/proc/sys/kernel/random/boot_id", 64).value_or("?").substr(0, 36); }

}  // namespace deployctl::artifact
