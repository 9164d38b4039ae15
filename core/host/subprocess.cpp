#include "core/host/subprocess.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "core/io/deadline.hpp"
#include "core/io/files.hpp"

namespace deployctl::host {
namespace {

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&value_); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&value_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &value_; }

 private:
  posix_spawn_file_actions_t value_;
};

class Attributes {
 public:
  explicit Attributes(Command::Group group) {
    ::posix_spawnattr_init(&value_);
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&value_, &all);
    ::posix_spawnattr_setsigmask(&value_, &none);
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (group == Command::Group::own) flags |= POSIX_SPAWN_SETPGROUP;  // default 0: the child's own pid
    if (group == Command::Group::session) flags |= POSIX_SPAWN_SETSID;
    ::posix_spawnattr_setflags(&value_, flags);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&value_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &value_; }

 private:
  posix_spawnattr_t value_;
};

// The child's end of one of its three descriptors, open until the spawn is done, and our end if it is a pipe.
struct End {
  io::Fd theirs;
  io::Fd ours;
};

Result<End> open_end(const Stdio& stdio, int target) {
  const bool reads = target == STDIN_FILENO;
  End end;
  switch (stdio.kind) {
    case Stdio::Kind::pipe: {
      DEPLOYCTL_TRY(pipe, io::make_pipe());
      // Duplicate above 2, like every descriptor in `theirs`, so that a dup2 in the child never overwrites a later
      // source.
      DEPLOYCTL_TRY(copy, io::duplicate(reads ? pipe.read.get() : pipe.write.get()));
      end.theirs = std::move(copy);
      end.ours = std::move(reads ? pipe.write : pipe.read);
      return end;
    }
    case Stdio::Kind::inherit:
    case Stdio::Kind::fd: {
      DEPLOYCTL_TRY(copy, io::duplicate(stdio.kind == Stdio::Kind::fd ? stdio.fd : target));
      end.theirs = std::move(copy);
      return end;
    }
    default:
      break;
  }
  const std::string path = stdio.kind == Stdio::Kind::null ? "/dev/null" : stdio.path;
  const int how = stdio.kind == Stdio::Kind::append ? O_APPEND | O_NOFOLLOW : O_TRUNC;
  DEPLOYCTL_TRY(fd, io::open_fd(path, reads ? O_RDONLY : O_WRONLY | O_CREAT | how, 0644));
  DEPLOYCTL_TRY(copy, io::duplicate(fd.get()));
  end.theirs = std::move(copy);
  return end;
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

Status check(const Command& command) {
  if (command.argv.empty()) return fail(Code::invalid, "start a process: no program was named");
  if (!command.cwd.empty()) {
    auto cwd = io::open_fd(command.cwd, O_PATH | O_DIRECTORY);
    if (!cwd) return fail(with_context(cwd.error(), "start " + command.argv[0] + " in " + command.cwd));
  }
  return {};
}

Result<pid_t> spawn_child(const Command& command, const End (&ends)[3]) {
  FileActions actions;
  for (int fd = 0; fd < 3; ++fd) ::posix_spawn_file_actions_adddup2(actions.get(), ends[fd].theirs.get(), fd);
  if (!command.cwd.empty()) ::posix_spawn_file_actions_addchdir_np(actions.get(), command.cwd.c_str());
  ::posix_spawn_file_actions_addclosefrom_np(actions.get(), 3);
  const Attributes attributes(command.group);
  const auto argv = pointers(command.argv);
  const auto env = command.env ? pointers(*command.env) : std::vector<char*>{};
  pid_t pid = -1;
  const int errnum =
      ::posix_spawnp(&pid, argv[0], actions.get(), attributes.get(), argv.data(), command.env ? env.data() : environ);
  if (errnum != 0) return fail(os_error(errnum, "start " + command.argv[0]));
  return pid;
}

// Reads the exit status with waitid and leaves the zombie in place.
std::optional<Exit> look(pid_t pid) {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return {};
  if (info.si_code == CLD_EXITED) return Exit{info.si_status, 0};
  return Exit{0, info.si_status};
}

void reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
}

using Steady = std::chrono::steady_clock;

int milliseconds_left(std::optional<Steady::time_point> deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Steady::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000'000));
}

std::optional<Steady::time_point> deadline_of(std::optional<Duration> most) {
  if (!most) return {};
  return Steady::now() + *most;
}

}  // namespace

std::string Exit::text() const {
  if (signal == 0) return "exit status " + std::to_string(code);
  return "killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

Result<Subprocess> Subprocess::spawn(const Command& command) {
  DEPLOYCTL_CHECK(check(command));
  End ends[3];
  const Stdio* stdio[] = {&command.in, &command.out, &command.err};
  for (int fd = 0; fd < 3; ++fd) {
    DEPLOYCTL_TRY(end, open_end(*stdio[fd], fd));
    ends[fd] = std::move(end);
  }
  DEPLOYCTL_TRY(pid, spawn_child(command, ends));
  Subprocess child;
  child.pid_ = pid;
  child.grouped_ = command.group != Command::Group::inherit;
  // The child is not reaped yet, so its pid can't have been reused.
  child.pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!child.pidfd_) return fail(os_error(errno, "pidfd_open for " + command.argv[0]));
  child.stdin_ = std::move(ends[0].ours);
  child.stdout_ = std::move(ends[1].ours);
  child.stderr_ = std::move(ends[2].ours);
  return child;
}

void Subprocess::finish() {
  if (pid_ <= 0) return;
  if (!look(pid_)) (void)signal(SIGKILL);
  reap(pid_);
  pid_ = -1;
}

Subprocess::~Subprocess() { finish(); }
Subprocess::Subprocess(Subprocess&& o) noexcept
    : pid_(std::exchange(o.pid_, -1)),
      grouped_(o.grouped_),
      pidfd_(std::move(o.pidfd_)),
      stdin_(std::move(o.stdin_)),
      stdout_(std::move(o.stdout_)),
      stderr_(std::move(o.stderr_)) {}

Subprocess& Subprocess::operator=(Subprocess&& o) noexcept {
  if (this == &o) return *this;
  finish();
  pid_ = std::exchange(o.pid_, -1);
  grouped_ = o.grouped_;
  pidfd_ = std::move(o.pidfd_);
  stdin_ = std::move(o.stdin_);
  stdout_ = std::move(o.stdout_);
  stderr_ = std::move(o.stderr_);
  return *this;
}

std::optional<Exit> Subprocess::exited() {
  if (pid_ <= 0) return {};
  return look(pid_);
}

Result<Exit> Subprocess::wait(std::optional<Duration> most) {
  const auto deadline = deadline_of(most);
  for (;;) {
    if (const auto exit = exited()) return *exit;
    pollfd event{pidfd_.get(), POLLIN, 0};
    const int n = ::poll(&event, 1, milliseconds_left(deadline));
    if (n == 0) return fail(io::detail::timed_out("process " + std::to_string(pid_), *most));
    if (n < 0 && errno != EINTR) return fail(os_error(errno, "wait for process " + std::to_string(pid_)));
  }
}

asio::awaitable<Result<Exit>> Subprocess::async_wait() {
  auto copy = io::duplicate(pidfd_.get());
  if (!copy) co_return fail(copy.error());
  const pid_t pid = pid_;
  asio::posix::stream_descriptor descriptor(co_await asio::this_coro::executor, copy->release());
  for (;;) {
    if (const auto exit = look(pid)) co_return *exit;
    asio::error_code ec;
    co_await descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                   asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return fail(Code::cancelled, "wait for process " + std::to_string(pid) + ": cancelled");
  }
}

Status Subprocess::signal(int number) {
  if (pid_ <= 0) return {};
  if (::kill(grouped_ ? -pid_ : pid_, number) == 0 || errno == ESRCH) return {};
  return fail(os_error(errno, "signal process " + std::to_string(pid_)));
}

Result<Exit> Subprocess::end(Duration grace) {
  DEPLOYCTL_CHECK(signal(SIGTERM));
  auto exit = wait(grace);
  DEPLOYCTL_CHECK(signal(SIGKILL));
  if (exit) return exit;
  return wait();
}

asio::awaitable<Result<Exit>> Subprocess::async_end(Duration grace) {
  DEPLOYCTL_CO_CHECK(signal(SIGTERM));
  auto exit = co_await io::with_deadline(async_wait(), grace, "process " + std::to_string(pid_));
  DEPLOYCTL_CO_CHECK(signal(SIGKILL));
  if (exit) co_return exit;
  co_return co_await async_wait();
}

void Subprocess::detach() {
  pid_ = -1;
  pidfd_.reset();
}

}  // namespace deployctl::host
