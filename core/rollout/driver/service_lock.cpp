#include "core/rollout/driver/service_lock.hpp"

#include "core/base/clock.hpp"
#include "core/host/this_process.hpp"
#include "core/io/files.hpp"

namespace deployctl::rollout {
namespace {

// "2026-11-30 14:22:08 UTC": to the second, as a person reads it.
std::string seconds_of(WallTime time) {
  const std::string text = deployctl::to_string(time);  // 2026-11-30T14:22:08.120Z
  return text.substr(0, 10) + " " + text.substr(11, 8) + " UTC";
}

}  // namespace

Result<io::FileLock> lock_service(const std::string& locks_dir, const std::string& service,
                                  const std::string& environment, const std::string& doing) {
  DEPLOYCTL_CHECK(io::make_dirs(locks_dir, 0700));
  const host::ThisProcess self = host::this_process();
  const std::string path = locks_dir + "/" + service + "-" + environment + ".lock";
  const std::string holder = doing + " by " + self.user + "@" + self.host + " (process " + std::to_string(self.pid) +
                             ") since " + seconds_of(system_clock().wall());
  auto lock = io::FileLock::try_lock(path, holder);
  if (lock || lock.error().code != Code::locked) return lock;
  return fail(error(Code::locked, service + " (" + environment + ") is held by the " + io::FileLock::holder(path)));
}

}  // namespace deployctl::rollout
