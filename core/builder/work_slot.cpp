#include "core/builder/work_slot.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <sstream>

#include "core/host/boot_id.hpp"
#include "core/host/process_session.hpp"
#include "core/host/process_stat.hpp"
#include "core/io/files.hpp"

namespace deployctl::builder {
namespace {

constexpr int max_slots = 100;

bool works_beneath(pid_t pid, const std::string& path) {
  char cwd[4096];
  const ssize_t n = ::readlink(("/proc/" + std::to_string(pid) + "/cwd").c_str(), cwd, sizeof cwd);
  return n > 0 && std::string_view(cwd, static_cast<std::size_t>(n)).starts_with(path);
}

// Whether the session id still belongs to the recorded session: its leader has the recorded start time, or the leader
// is gone and all remaining members work beneath the slot.
bool still_ours(pid_t session, std::uint64_t start, const std::string& path) {
  const auto now = host::start_time(session);
  if (now != 0) return now == start;
  for (const pid_t pid : host::session_members(session))
    if (!works_beneath(pid, path)) return false;
  return true;
}

void end_noted(const std::string& file, const std::string& path) {
  std::istringstream lines(io::read_file(file).value_or(""));
  std::string boot;
  pid_t session = 0;
  std::uint64_t start = 0;
  while (lines >> boot >> session >> start)
    if (boot == host::boot_id() && still_ours(session, start, path))
      host::end_session(session, std::chrono::seconds(1));
}

}  // namespace

Result<WorkSlot> WorkSlot::take(const std::string& work, const std::string& name) {
  const std::string dir = std::filesystem::absolute(work + "/" + name);
  DEPLOYCTL_CHECK(io::make_dirs(dir));
  for (int n = 1; n <= max_slots; ++n) {
    const std::string path = dir + "/" + std::to_string(n);
    auto lock = io::FileLock::try_lock(path + ".lock", "pid " + std::to_string(::getpid()));
    if (!lock && lock.error().code == Code::locked) continue;
    if (!lock) return fail(lock.error());
    WorkSlot slot(path, std::move(*lock));
    DEPLOYCTL_CHECK(slot.make_fresh());
    return slot;
  }
  return fail(Code::locked, "more than " + std::to_string(max_slots) + " builds of " + name + " at once");
}

Status WorkSlot::make_fresh() {
  end_noted(path_ + "/sessions", path_);
  DEPLOYCTL_CHECK(io::remove_tree(path_));
  DEPLOYCTL_CHECK(io::make_dirs(src()));
  return io::make_dirs(home());
}

Status WorkSlot::note_session(pid_t session) {
  DEPLOYCTL_TRY(fd, io::open_fd(path_ + "/sessions", O_WRONLY | O_CREAT | O_APPEND, 0600));
  const std::string line =
      host::boot_id() + " " + std::to_string(session) + " " + std::to_string(host::start_time(session)) + "\n";
  return io::write_all(fd.get(), as_bytes(line));
}

Status WorkSlot::clear() { return io::remove_tree(path_); }

}  // namespace deployctl::builder
