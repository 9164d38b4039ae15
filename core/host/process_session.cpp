#include "core/host/process_session.hpp"

#include <poll.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>

#include "core/host/process_stat.hpp"
#include "core/io/files.hpp"

namespace deployctl::host {
std::vector<pid_t> session_members(pid_t session) {
  std::vector<pid_t> found;
  for (const auto& name : io::list_dir("/proc").value_or(std::vector<std::string>{})) {
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const pid_t pid = std::atoi(name.c_str());
    const auto stat = process_stat(pid);
    if (stat && stat->session == session && !stat->zombie()) found.push_back(pid);
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

}  // namespace deployctl::host
