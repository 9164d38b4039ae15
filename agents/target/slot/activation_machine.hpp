// Decides the next step of an activation: a pure function over its journal. The journal is the only state, so a normal
// run, a crash at any point and a reboot take the same path: fold the records, get the next step, perform it, append
// the result. Values; no I/O; any thread.
//
//   forward    prepare · drain, stop (the running release) · install, link · switch · start, validate, checks, undrain
//   revert     before the switch: start, validate, undrain of the old release, as far as it was stopped or drained
//              after it: stop of the new one, switch back, start, validate, checks, undrain of the old one
//   deactivate drain, stop, remove; a failure is reverted in the same way
//
// A step that was begun and not ended is performed again, so hooks must be idempotent. After a reboot nothing that was
// started runs any more, so start and the steps after it are repeated.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/base/result.hpp"
#include "core/host/boot_clock.hpp"

namespace deployctl::target {

enum class Step {
  prepare,
  drain,
  stop,
  install,
  link,
  switch_over,
  start,
  validate,
  checks,
  undrain,
  remove,
  back_stop,
  back_switch,
  back_start,
  back_validate,
  back_checks,
  back_undrain
};
inline constexpr int step_count = 17;
const char* to_string(Step step);  // "switch", "revert start"
Result<Step> to_step(const std::string& word);

enum class Outcome { active, reverted, broken, deactivated };
const char* to_string(Outcome outcome);
Result<Outcome> to_outcome(const std::string& word);

// Activate.kind of a rollout that reverts a target to its baseline.
inline constexpr const char* kind_revert = "revert";

// The journal's first line: what is to be done. Folders are names in releases/.
struct Intent {
  std::string rollout;
  std::uint64_t epoch = 0;
  std::string service, environment, region, target;
  std::string to;          // empty: deactivate
  std::string to_release;  // digest text; empty: a folder not made by deployctl
  std::string from;        // the release that ran at the beginning; empty: none
  std::string from_release;
  std::uint64_t log_from = 0;  // size of the hook log at the beginning
  std::string kind;            // see Activate.kind; empty: requested by an older controller
};

struct Record {
  enum class Kind { resumed, begun, process, done, failed, ended };
  Kind kind = Kind::begun;
  Step step = Step::prepare;
  host::BootTime at;
  int group = 0;                      // process: its process group
  int session = 0;                    // process: its session, ours at that time
  Error error;                        // failed
  Outcome outcome = Outcome::active;  // ended
};

struct Failure {
  Step step = Step::prepare;
  Error error;
};

struct Progress {
  std::set<Step> begun, done;
  std::optional<Failure> failure;      // the first one of the forward steps
  std::vector<Failure> back_failures;  // of the revert
  std::optional<Outcome> ended;
  std::optional<Record> running;  // a hook's process of this boot that has not ended
  std::string boot_id;
  std::optional<host::BootTime> started;  // when the last start ended: deadlines count from here
};

Progress fold(const std::vector<Record>& records);

struct Perform {
  Step step;
  bool operator==(const Perform&) const = default;
};
struct End {
  Outcome outcome;
  bool operator==(const End&) const = default;
};
struct Nothing {
  bool operator==(const Nothing&) const = default;
};
using Next = std::variant<Perform, End, Nothing>;

Next next(const Intent& intent, const Progress& progress);

}  // namespace deployctl::target
