// A child process: started with posix_spawn, seen through a pidfd, ended with its whole group. No descriptor but
// 0, 1 and 2 reaches it, and no signal is blocked or ignored in it.
//
// The child stays a zombie until its Subprocess dies, so that its process group's number can't become another's while
// this object may still signal it. The destructor kills (KILL, the group) and reaps a child that still runs; one that
// has exited is reaped only, and what it left behind lives on unless end() was called.
// Blocking calls are for worker threads, the async ones for coroutines. One thread at a time.
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
  int fd = -1;       // Kind::fd: borrowed for the time of spawn()
  std::string path;  // Kind::file (made anew) and Kind::append

  static Stdio null() { return {}; }
  static Stdio inherit() { return {Kind::inherit, -1, {}}; }
  static Stdio pipe() { return {Kind::pipe, -1, {}}; }
  static Stdio of(int fd) { return {Kind::fd, fd, {}}; }
  static Stdio file(std::string path) { return {Kind::file, -1, std::move(path)}; }
  static Stdio append(std::string path) { return {Kind::append, -1, std::move(path)}; }
};

struct Command {
  enum class Group { inherit, own, session };   // inherit: stays in ours, and only the child itself is signalled
  std::vector<std::string> argv;                // argv[0] without a slash is looked up in our own PATH
  std::string cwd;                              // empty: ours
  std::optional<std::vector<std::string>> env;  // exactly these NAME=VALUE; absent: ours
  Stdio in, out, err;
  Group group = Group::own;
};

struct Exit {
  int code = 0;    // of a child that exited by itself
  int signal = 0;  // 0: exited by itself
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

  // Until the child itself has exited; Code::timed_out leaves it running.
  Result<Exit> wait(std::optional<Duration> most = {});
  asio::awaitable<Result<Exit>> async_wait();
  std::optional<Exit> exited();  // without waiting

  // To the group (or the child alone, Group::inherit). A group that is gone: success.
  Status signal(int number);
  // TERM to the group, KILL to it when the child is over or the grace is. Works on an exited child's group too.
  Result<Exit> end(Duration grace);
  asio::awaitable<Result<Exit>> async_end(Duration grace);
  // The child outlives this object; who is left to reap it is init, once we are gone.
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
  std::string out;  // each at most 1 MiB; what exceeds it is read and dropped
  std::string err;
};
// Runs a command to its end and collects what it says. Its out and err are pipes whatever the command says.
asio::awaitable<Result<Output>> async_run(Command command, Duration most);
Result<Output> run(const Command& command, Duration most);

}  // namespace deployctl::host
