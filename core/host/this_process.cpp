#include "core/host/this_process.hpp"

#include <pwd.h>
#include <unistd.h>

#include "core/host/boot_id.hpp"
#include "core/host/process_stat.hpp"

namespace deployctl::host {
ThisProcess this_process() {
  ThisProcess self;
  const passwd* entry = ::getpwuid(::getuid());
  self.user = entry ? entry->pw_name : std::to_string(::getuid());
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  self.host = host;
  self.boot_id = host::boot_id();
  self.pid = static_cast<std::uint32_t>(::getpid());
  self.pid_start = start_time(::getpid());
  return self;
}

bool is_dead_here(const std::string& id, std::uint32_t pid, std::uint64_t pid_start) {
  return !id.empty() && id == boot_id() && start_time(static_cast<pid_t>(pid)) != pid_start;
}

}  // namespace deployctl::host
