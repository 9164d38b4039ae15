#include "agents/target/activation/activate_process.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "agents/target/activation/health.hpp"
#include "agents/target/activation/hooks.hpp"
#include "agents/target/activation/preconditions.hpp"
#include "agents/target/slot/kept_releases.hpp"
#include "agents/target/slot/switch.hpp"
#include "core/io/files.hpp"
#include "core/io/flock.hpp"

namespace deployctl::target {
namespace {

// Time for a running prune to finish. If this process gives up, the agent that follows the journal starts another one.
constexpr Duration activation_lock_wait{std::chrono::seconds(20)};
const std::string lock_text = "activation, process ";

using model::TargetHook;

// One of the two releases of an activation. A folder not made by deployctl has neither hooks nor checks.
struct Side {
  std::string folder;
  std::string version;
  model::Activation activation;
  std::optional<Error> unreadable;  // its record can't be read: steps that need its hooks fail
};

Result<Side> side_of(const Slot& slot, const std::string& folder) {
  if (folder.empty()) return Side{};
  DEPLOYCTL_TRY(kept, kept_release(slot, folder));
  Side side;
  if (kept.unreadable) return fail(*kept.unreadable);
  side.folder = folder;
  side.version = kept.version();
  if (kept.release) side.activation = kept.release->activation;
  return side;
}

// The release that ran before may have been removed by hand since. Then there is nothing to stop, and the switch back
// reports the error.
Side known_side(const Slot& slot, const std::string& folder) {
  auto side = side_of(slot, folder);
  if (side) return std::move(*side);
  Side unknown;
  unknown.folder = folder;
  if (side.error().code != Code::not_found) unknown.unreadable = side.error();
  return unknown;
}

class Executor {
 public:
  Executor(Slot slot, Journal& journal) : slot_(std::move(slot)), journal_(journal) {}

  Status run();

 private:
  void load();
  Status perform(Step step);
  Status act(Step step);
  Status hook(TargetHook which, const Side& side, Step step);
  Status checks(const Side& side);
  Status prepare();
  Status end(Outcome outcome);
  Status note(Record::Kind kind, Step step) { return journal_.append(record(kind, step)); }
  static Record record(Record::Kind kind, Step step) {
    Record r;
    r.kind = kind;
    r.step = step;
    return r;
  }
  std::vector<std::string> env_of(const Side& side) const;
  const Intent& intent() const { return journal_.intent(); }

  Slot slot_;
  Journal& journal_;
  Side to_, from_;
};

void Executor::load() {
  from_ = known_side(slot_, intent().from);
  to_ = known_side(slot_, intent().to);
}

Status Executor::run() {
  load();
  const Progress before = fold(journal_.records());
  if (before.ended) return {};
  const host::BootTime now = host::boot_now();
  if (before.running && before.boot_id == now.boot_id) end_group(before.running->group, before.running->session);
  DEPLOYCTL_CHECK(note(Record::Kind::resumed, Step::prepare));
  for (;;) {
    const Next what = next(intent(), fold(journal_.records()));
    if (const auto* step = std::get_if<Perform>(&what)) {
      DEPLOYCTL_CHECK(perform(step->step));
    } else if (const auto* over = std::get_if<End>(&what)) {
      return end(over->outcome);
    } else {
      return {};
    }
  }
}

// A failed step is recorded in the journal; only a journal that can't be written stops the run.
Status Executor::perform(Step step) {
  DEPLOYCTL_CHECK(note(Record::Kind::begun, step));
  auto done = act(step);
  if (done) return note(Record::Kind::done, step);
  Record failed = record(Record::Kind::failed, step);
  failed.error = done.error();
  return journal_.append(failed);
}

Status Executor::act(Step step) {
  switch (step) {
    case Step::prepare:
      return prepare();
    case Step::drain:
      return hook(TargetHook::drain, from_, step);
    case Step::stop:
      return hook(TargetHook::stop, from_, step);
    case Step::install:
      return hook(TargetHook::install, to_, step);
    case Step::link:
      return link_shared(slot_, to_.folder, to_.activation);
    case Step::switch_over:
      return switch_current(slot_, to_.folder);
    case Step::start:
      return hook(TargetHook::start, to_, step);
    case Step::validate:
      return hook(TargetHook::validate, to_, step);
    case Step::checks:
      return checks(to_);
    case Step::undrain:
      return hook(TargetHook::undrain, to_, step);
    case Step::remove:
      return switch_current(slot_, "");
    case Step::back_stop:
      return hook(TargetHook::stop, to_, step);
    case Step::back_switch:
      return switch_current(slot_, from_.folder);
    case Step::back_start:
      return hook(TargetHook::start, from_, step);
    case Step::back_validate:
      return hook(TargetHook::validate, from_, step);
    case Step::back_checks:
      return checks(from_);
    case Step::back_undrain:
      return hook(TargetHook::undrain, from_, step);
  }
  return fail(Code::internal, "no such step");
}

Status Executor::prepare() {
  for (const Side* side : {&from_, &to_})
    if (side->unreadable) return fail(*side->unreadable);
  if (to_.folder.empty()) return {};
  Preconditions of;
  of.folder = to_.folder;
  of.way_back = intent().kind == kind_revert;
  of.installs = intent().to != intent().from && to_.activation.hook(TargetHook::install) != nullptr;
  DEPLOYCTL_CHECK(check_preconditions(slot_, of));
  return make_shared_dirs(slot_, to_.activation);
}

std::vector<std::string> Executor::env_of(const Side& side) const {
  HookWords words;
  words.version = side.version;
  words.release = slot_.release(side.folder);
  words.previous_release = intent().from.empty() ? "" : slot_.release(intent().from);
  words.deploy_to = slot_.path();
  words.shared = slot_.shared();
  return hook_env(intent(), words, side.activation.env);
}

Status Executor::hook(TargetHook which, const Side& side, Step step) {
  if (side.unreadable) return fail(*side.unreadable);
  const model::Hook* hook = side.activation.hook(which);
  if (!hook) return {};
  HookRun run;
  run.name = model::to_string(which);
  run.hook = *hook;
  run.cwd = slot_.release(side.folder);
  run.env = env_of(side);
  run.log = slot_.hook_log(intent().rollout);
  run.on_process = [&](int group) {
    Record process = record(Record::Kind::process, step);
    process.group = group;
    process.session = ::getsid(0);
    return journal_.append(process);
  };
  return run_hook(run);
}

// Deadlines count from the end of the start step, also in a later process than the one that performed it.
Status Executor::checks(const Side& side) {
  const Progress progress = fold(journal_.records());
  const auto since = progress.started ? Duration(host::boot_now().ms - progress.started->ms) : Duration(0);
  ProbeContext context;
  context.cwd = slot_.release(side.folder);
  context.env = env_of(side);
  return wait_healthy(side.activation.health_checks, context, system_clock().steady() - since);
}

// Writes the receipt first: a crash between the two writes only repeats the same receipt.
Status Executor::end(Outcome outcome) {
  Receipt receipt;
  receipt.time = host::wall_ms();
  receipt.rollout = intent().rollout;
  receipt.epoch = intent().epoch;
  receipt.folder = intent().to;
  receipt.release = intent().to_release;
  receipt.outcome = outcome;
  receipt.kind = intent().kind;
  receipt.version = to_.version;
  receipt.from = intent().from;
  receipt.from_release = intent().from_release;
  DEPLOYCTL_CHECK(append_receipt(slot_, receipt));
  Record ended = record(Record::Kind::ended, Step::prepare);
  ended.outcome = outcome;
  return journal_.append(ended);
}

}  // namespace

namespace {

// Whether the lock file names a running process of this program that carries out the activation. Its steps have
// deadlines of their own.
bool is_held_by_activation(const std::string& path) {
  const std::string holder = io::FileLock::holder(path);
  if (!holder.starts_with(lock_text)) return false;
  const auto pid = static_cast<pid_t>(std::strtol(holder.c_str() + lock_text.size(), nullptr, 10));
  return pid > 0 && ::kill(pid, 0) == 0;
}

Result<io::FileLock> lock_for_activation(const std::string& path) {
  for (;;) {
    auto lock = io::FileLock::lock(path, lock_text + std::to_string(::getpid()), activation_lock_wait);
    const bool waits = !lock && lock.error().code == Code::locked && is_held_by_activation(path);
    if (!waits) return lock;
  }
}

}  // namespace

Status finish_journal(const Slot& slot) {
  DEPLOYCTL_CHECK(slot.check_trusted());
  DEPLOYCTL_TRY(lock, lock_for_activation(slot.state("lock")));
  auto journal = Journal::open(slot);
  if (!journal && journal.error().code == Code::not_found) return {};
  if (!journal) return fail(journal.error());
  return Executor(slot, *journal).run();
}

int run_activate(const std::string& deploy_to) {
  ::signal(SIGHUP, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
  ::umask(022);
  const auto slot = Slot::at(deploy_to, "");
  auto done = slot ? finish_journal(*slot) : Status(fail(slot.error()));
  if (done) return 0;
  std::fprintf(stderr, "deploy-agent activate: %s\n", done.error().text().c_str());
  return 1;
}

}  // namespace deployctl::target
