#include "core/host/this_process.hpp"

#include <pwd.h>
#include <unistd.h>

#include <sstream>

#include "core/io/files.hpp"

namespace deployctl::rollout {
namespace {

std::string boot_id() {
  std::string id = io::read_file("/proc/sys/kernel/random/boot_id").value_or("");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

// Field 22 of stat; comm, the second, may hold anything, so count from its last ')'. 0: no such process, or a zombie.
std::uint64_t start_of(std::uint32_t pid) {
  const std::string stat = io::read_file("/proc/" + std::to_string(pid) + "/stat", 65536).value_or("");
  const auto after = stat.rfind(')');
  if (after == std::string::npos) return 0;
  std::istringstream fields(stat.substr(after + 1));
  std::string state, skipped;
  fields >> state;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  std::uint64_t start = 0;
  fields >> start;
  return state == "Z" ? 0 : start;
}

}  // namespace

ThisProcess this_process() {
  ThisProcess self;
  const passwd* entry = ::getpwuid(::getuid());
  self.user = entry ? entry->pw_name : std::to_string(::getuid());
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  self.host = host;
  self.boot_id = boot_id();
  self.pid = static_cast<std::uint32_t>(::getpid());
  self.pid_start = start_of(self.pid);
  return self;
}

bool is_dead_here(const std::string& id, std::uint32_t pid, std::uint64_t pid_start) {
  return !id.empty() && id == boot_id() && start_of(pid) != pid_start;
}

}  // namespace deployctl::rollout
