// A deploy or a rollback from its first look at the targets to its last event: the ledger's row, survey, grants, the
// runner, pruning, giving back. What commands call. A deploy's caller holds the service's lock (service_lock.hpp); a
// rollback needs none: a deploy that is going on loses its grants to it and ends by itself. Everything on the links'
// strand; the ledger's short writes block it.
#pragma once

#include <map>

#include "core/model/release.hpp"
#include "core/rollout/decision/advice.hpp"
#include "core/rollout/driver/runner.hpp"

namespace deployctl::rollout {

// What a rollback is about to do: known before anything is written, granted or changed.
struct RollbackPreview {
  std::string version;  // it goes to
  Digest release;
  std::map<std::string, unsigned> running;  // by version, the targets that run it now; "": no release of ours
  unsigned unanswered = 0;                  // targets that have not answered
  RolloutSpec spec;
  std::string holder;  // of another rollout that is going on and would end; empty: none
  std::string note{};  // what was decided about the release; may be empty
};

struct RolloutDependencies {
  fleet::TargetLinks& links;
  ledger::Ledger* ledger = nullptr;            // null: it could not be opened (a rollback goes on without)
  payload::PayloadSource* payloads = nullptr;  // null: nothing can be staged
  events::EventSink sink;
  io::CancelToken interrupt;
  std::string logs_dir;               // STATE/logs: the output of hooks on this host
  std::string user_reason;            // --take-over REASON; empty: living grants are respected
  bool waits = true;                  // at gates and approvals; else it comes to rest as paused
  bool resumes = false;               // somebody wants it to go on: the pause that it rests at is over
  std::vector<MachineEvent> words{};  // said to it with the command
  Duration listen_every{std::chrono::milliseconds(500)};
  std::string id{};                       // of a rollout that is new; empty: made here
  std::string override_freeze{};          // why it goes on whatever is frozen; kept with it
  std::function<std::string()> frozen{};  // as for RunnerParts
  SteadyTime wait_until{};                // a deploy waits until then for whoever holds the service or its targets
  std::string order_json{};               // for the ledger: how to go on with it
  std::function<asio::awaitable<Measured>(model::GateQuestion, io::CancelToken)> ask_gate{};
  CommandFor command_for{};  // for hints; absent: they name no command
  // Called once by a rollback, on the links' strand and without blocking it, when its release is chosen. A failure ends
  // it with this error, and nothing was changed. Absent: it goes on.
  std::function<Status(const RollbackPreview&)> confirm_rollback{};
  bool converges = false;  // a deploy that is recorded as a converge
};

struct RolloutReport {
  std::string rollout;     // empty: it never came to one
  RolloutOutcome outcome;  // result failed and `why` where it never began
  bool began = false;      // grants were taken: the machine decided
  std::string version, previous;
  // A rollback that had nothing to change: why, and what `--to` would go further back to (empty: nothing). There is no
  // rollout then.
  std::string unneeded{}, further{};
};

asio::awaitable<RolloutReport> deploy(const model::Plan& plan, model::Release release, std::string commit,
                                      RolloutDependencies parts);
// `to` as for choose_rollback.
asio::awaitable<RolloutReport> roll_back(const model::Plan& plan, std::string to, RolloutDependencies parts);

}  // namespace deployctl::rollout
