// A child process: started with posix_spawn, observed through a pidfd, ended together with its process group. It
// inherits only descriptors 0, 1 and 2, and no signal is blocked or ignored in it.
//
// The child stays a zombie until its Subprocess is destroyed, so that its process group id can't be reused while this
// object may still signal it. The destructor kills (KILL, the group) and reaps a child that still runs. If the child
// has exited, it is only reaped, and processes it left behind keep running unless end() was called.
// Blocking calls are for worker threads, asynchronous ones for coroutines. One thread at a time.
#pragma once

#include <sys/types.h>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/base/result.hpp"
#include "core/io/fd.hpp"

namespace deployctl::host {

struct Stdio {
  enum class Kind { null, inherit, pipe, fd, file, append };
  Kind kind = Kind::null;
  int fd = -1;       // Kind::fd: borrowed during spawn()
  std::string path;  // Kind::file (truncated) and Kind::append

  static Stdio null() { return {}; }
  static Stdio inherit() { return {Kind::inherit, -1, {}}; }
  static Stdio pipe() { return {Kind::pipe, -1, {}}; }
  static Stdio of(int fd) { return {Kind::fd, fd, {}}; }
  static Stdio file(std::string path) { return {Kind::file, -1, std::move(path)}; }
  static Stdio append(std::string path) { return {Kind::append, -1, std::move(path)}; }
};

struct Command {
  enum class Group { inherit, own, session };   // inherit: in our group; only the child itself is signalled
  std::vector<std::string> argv;                // argv[0] without a slash is looked up in our PATH
  std::string cwd;                              // empty: ours
  std::optional<std::vector<std::string>> env;  // exactly these NAME=VALUE; absent: ours
  Stdio in, out, err;
  Group group = Group::own;
};

struct Exit {
  int code = 0;    // if the child exited normally
  int signal = 0;  // 0: exited normally
  bool ok() const { return code == 0 && signal == 0; }
  std::string text() const;  // "exit status 3", "killed by signal 9 (Killed)"
};

class Subprocess {
 public:
  static Result<Subprocess> spawn(const Command& command);
  ~Subprocess();
  Subprocess(Subprocess&&) noexcept;
  Subprocess& operator=(Subprocess&&) noexcept;

  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }  // readable when the child has exited
  io::Fd take_stdin() { return std::move(stdin_); }
  io::Fd take_stdout() { return std::move(stdout_); }
  io::Fd take_stderr() { return std::move(stderr_); }

  // Waits until the child itself has exited. Code::timed_out leaves it running.
  Result<Exit> wait(std::optional<Duration> most = {});
  asio::awaitable<Result<Exit>> async_wait();
  std::optional<Exit> exited();  // without waiting

  // Signals the group (only the child with Group::inherit). Success if the group no longer exists.
  Status signal(int number);
  // Sends TERM to the group, then KILL when the child has exited or the grace period is over. Also ends the group of a
  // child that has already exited.
  Result<Exit> end(Duration grace);
  asio::awaitable<Result<Exit>> async_end(Duration grace);
  // The child outlives this object; init reaps it after this process exits.
  void detach();

 private:
  Subprocess() = default;
  void finish();
  pid_t pid_ = -1;
  bool grouped_ = false;
  io::Fd pidfd_, stdin_, stdout_, stderr_;
};

struct Output {
  Exit exit;
  std::string out;  // each at most 1 MiB; the rest is read and dropped
  std::string err;
};
// Runs a command to its end and collects its output. Ignores `command.out` and `command.err`; both are pipes. `most`
// limits the run time: Code::timed_out.
asio::awaitable<Result<Output>> async_run(Command command, Duration most);
Result<Output> run(const Command& command, Duration most);

}  // namespace deployctl::host
