// Runs the shell lines of a build, one after another, each with /bin/sh -e in a session of its own, with empty stdin
// and with output to the log file. The log is followed and reported to the watch. It is a file rather than a pipe
// because a background process of a step may keep a pipe open. A step ends when its own process exits; processes that
// it leaves behind are ended by ~Steps(). Blocking; one thread.
//
// Errors: build_failed (which line, how it ended, the last lines of its output; the hint has the path of the log),
// cancelled.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/builder/build.hpp"
#include "core/builder/work_slot.hpp"
#include "core/host/subprocess.hpp"

namespace deployctl::builder {

class Steps {
 public:
  Steps(WorkSlot& slot, std::string log, BuildWatch& watch, io::CancelToken cancel)
      : slot_(slot), log_(std::move(log)), watch_(watch), cancel_(std::move(cancel)) {}
  ~Steps();
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  // Sets the numbers that are reported to the watch. They count over all runs of this object, starting after `done`.
  void expect(std::size_t total, std::size_t done) {
    total_ = total;
    number_ = done;
  }
  void announce(const std::string& what);
  // Runs `lines` with one common timeout. `what` names them in errors: "step", "hook pre_build".
  Status run(const std::string& what, const std::vector<std::string>& lines, Duration timeout,
             const std::vector<std::string>& env);
  // Writes a line to the log, and so to the watch.
  void say(const std::string& line);
  void note(const std::string& line) {
    say("note: " + line);
    watch_.note(line);
  }

 private:
  using Time = std::chrono::steady_clock::time_point;
  Status run_line(const std::string& what, const std::string& line, Time deadline, Duration timeout,
                  const std::vector<std::string>& env);
  enum class Over { exited, timed_out, cancelled };
  Over follow(host::Subprocess& child, Time deadline);
  void tell_new_output();
  Error failure(const std::string& what, const std::string& how, std::uint64_t from) const;

  WorkSlot& slot_;
  std::string log_;
  BuildWatch& watch_;
  io::CancelToken cancel_;
  std::size_t number_ = 0, total_ = 0;
  std::uint64_t told_ = 0;                  // bytes of the log that are reported to the watch
  std::vector<host::Subprocess> children_;  // not reaped yet, so that their session ids are not reused
};

}  // namespace deployctl::builder
