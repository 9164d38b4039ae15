// What an activation does next: a pure function over its journal. The journal is the only state, so a normal run, a
// crash at any line and a reboot are one path: fold the records, ask for the next step, perform it, append what came of
// it. Values; no I/O; any thread.
//
//   forward    prepare · drain, stop (the running release) · install, link · switch · start, validate, checks, undrain
//   way back   before the switch: the old release's start, validate, undrain, as far as it was stopped or drained
//              after it: the new one's stop, switch back, the old one's start, validate, checks, undrain
//   deactivate drain, stop, remove; what fails is taken back the same way
//
// A step that was begun and not ended is performed again: hooks must bear it. After a reboot nothing that was started
// runs any more, so start and what follows it is done anew.
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

// Activate.kind of a rollout that takes a target back to what it ran.
inline constexpr const char* kind_revert = "revert";

// The journal's first line: what is to be done. Folders are names in releases/.
struct Intent {
  std::string rollout;
  std::uint64_t epoch = 0;
  std::string service, environment, region, target;
  std::string to;          // empty: deactivate
  std::string to_release;  // digest text; empty: a folder that we didn't make
  std::string from;        // what ran when it began; empty: nothing
  std::string from_release;
  std::uint64_t log_from = 0;  // where the hook log stood
  std::string kind;            // wire: Activate.kind; empty: an older controller asked
};

struct Record {
  enum class Kind { resumed, begun, process, done, failed, ended };
  Kind kind = Kind::begun;
  Step step = Step::prepare;
  host::BootTime at;
  int group = 0;                      // process: its process group
  int session = 0;                    // process: the session, ours at that time
  Error error;                        // failed
  Outcome outcome = Outcome::active;  // ended
};

struct Failure {
  Step step = Step::prepare;
  Error error;
};

struct Progress {
  std::set<Step> begun, done;
  std::optional<Failure> failure;      // the first one of the way forward
  std::vector<Failure> back_failures;  // of the way back
  std::optional<Outcome> ended;
  std::optional<Record> running;  // a hook's process that no record has ended, of this boot
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
