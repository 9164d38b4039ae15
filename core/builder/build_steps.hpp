// Runs shell lines of a build, one after another: each by /bin/sh -e in a session of its own, stdin empty,
// output into the log file, which is followed and told to the watch (a file, not a pipe: what a step leaves
// behind may keep it open). A step is over when its own process is; what it left behind is ended when the
// Steps die. Blocking; one thread.
//
// Errors: build_failed (which line, how it ended, its last lines; the hint has the log's path), cancelled.
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

  // What the watch is told of: numbers count over all runs of this object, beginning after `done`.
  void expect(std::size_t total, std::size_t done) {
    total_ = total;
    number_ = done;
  }
  void announce(const std::string& what);
  // All lines within the one timeout. `what` names them in errors: "step", "hook pre_build".
  Status run(const std::string& what, const std::vector<std::string>& lines, Duration timeout,
             const std::vector<std::string>& env);
  // Into the log and to the watch.
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
  std::uint64_t told_ = 0;                  // of the log, in bytes
  std::vector<host::Subprocess> children_;  // kept unreaped, so that their sessions' numbers stay theirs
};

}  // namespace deployctl::builder
