#include "agents/target/activation/hook_logs.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "core/io/fd.hpp"
#include "core/io/files.hpp"

namespace deployctl::target {
namespace {

constexpr std::size_t newest = 20;
constexpr off_t huge = 16 * 1024 * 1024;
constexpr off_t kept_end = 2 * 1024 * 1024;

struct Log {
  std::string path;
  timespec changed{};
  off_t size = 0;
};

bool newer(const Log& a, const Log& b) {
  if (a.changed.tv_sec != b.changed.tv_sec) return a.changed.tv_sec > b.changed.tv_sec;
  return a.changed.tv_nsec > b.changed.tv_nsec;
}

Result<std::vector<Log>> logs_of(const Slot& slot) {
  std::vector<Log> logs;
  DEPLOYCTL_TRY(names, io::list_dir(slot.state("hooks")));
  for (const auto& name : names) {
    Log log;
    log.path = slot.state("hooks/" + name);
    struct stat st {};
    if (::lstat(log.path.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) continue;
    log.changed = st.st_mtim;
    log.size = st.st_size;
    logs.push_back(std::move(log));
  }
  return logs;
}

// Frees the beginning of the file but keeps the offsets, for processes that append to the log or follow it. Does
// nothing on file systems without hole punching.
void give_back_beginning(const Log& log) {
  const auto fd = io::open_fd(log.path, O_WRONLY);
  if (fd) (void)::fallocate(fd->get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, log.size - kept_end);
}

}  // namespace

Status prune_hook_logs(const Slot& slot) {
  DEPLOYCTL_TRY(logs, logs_of(slot));
  std::sort(logs.begin(), logs.end(), newer);
  Status first;  // the first failure; the other files are removed all the same
  for (std::size_t i = 0; i < logs.size(); ++i) {
    if (i >= newest) {
      if (auto removed = io::remove_file(logs[i].path); !removed && first) first = std::move(removed);
    } else if (logs[i].size > huge) {
      give_back_beginning(logs[i]);
    }
  }
  return first;
}

}  // namespace deployctl::target
