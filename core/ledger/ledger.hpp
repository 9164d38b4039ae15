// What was done and what is meant to be done, on this control host: builds, rollouts, their events, each target's
// baseline. An intent is written, durably, before it is acted on. SQLite at STATE/ledger.db, synchronous=FULL, WAL;
// several processes may use it. One Ledger object: one thread at a time. Every call is one transaction. A ledger of a
// newer version is Code::unsupported; a damaged one Code::verification, with words on what to do (targets know the
// truth).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/digest.hpp"
#include "core/ledger/rollout_state.hpp"

namespace deployctl::ledger {

struct RolloutRow {
  std::string id;  // "r-20261124-091502-3f9a"
  std::string service, environment;
  std::string kind;  // "deploy", "rollback", "converge"
  RolloutState state = RolloutState::running;
  std::string version;
  std::string release_json;  // model::Release; empty: to nothing
  Digest release;
  std::string commit;      // of a deploy
  std::string previous;    // version that most targets ran before
  std::string user, host;  // who drives it, or did last
  std::uint32_t pid = 0;
  std::uint64_t pid_start = 0;
  std::string boot_id;
  WallTime started{}, ended{};
  std::string summary_json;  // the last event's body, once over
  std::string reason;
  std::string order_json;   // how it was asked for, for whoever goes on with it (rollout/rollout_order.hpp)
  std::uint64_t epoch = 0;  // of the grants under which this was written; 0: none yet
};

// What somebody said to a rollout: "pause", "resume", "promote", "abort", "abort-and-stay", "approve". Kept for ever.
struct CommandRow {
  std::uint64_t number = 0;  // of all words, growing; given by add_command()
  std::string word;
  std::string wave;  // which is approved
  std::string user;  // "ann@desk"
  std::string reason;
  WallTime time{};
  bool operator==(const CommandRow&) const = default;
};

// Nothing is deployed until then, but with a reason.
struct FreezeRow {
  WallTime until{};  // 1970: lifted
  std::string user, reason;
  WallTime time{};  // when it was said
  bool operator==(const FreezeRow&) const = default;
};

struct EventRow {
  std::uint64_t seq = 0;
  WallTime time{};
  std::string json;  // the line as --output json prints it
};

// What a target ran before the oldest unfinished rollout touched it.
struct Baseline {
  std::string region, target;
  std::string folder;  // empty: nothing ran
  Digest release;      // empty with a folder: one that we didn't make
  Digest artifact;
  std::string version;
  bool operator==(const Baseline&) const = default;
};

// A release that was made here, under one of its versions.
struct ReleaseName {
  Digest release;
  std::string version;
  bool operator==(const ReleaseName&) const = default;
};

Error newer_grant(const std::string& rollout);  // Code::locked

class Ledger {
 public:
  virtual ~Ledger() = default;

  virtual Status add_rollout(const RolloutRow& row) = 0;
  // All columns but the id; the row must be there. Code::locked, and nothing is written, where it has a newer epoch:
  // whoever lost his grants, and doesn't know it yet, has no say any more.
  virtual Status update_rollout(const RolloutRow& row) = 0;
  virtual Result<std::optional<RolloutRow>> rollout(const std::string& id_or_prefix) = 0;  // ambiguous: Code::invalid
  virtual Result<std::vector<RolloutRow>> unfinished(const std::string& service,
                                                     const std::string& environment) = 0;  // oldest first
  virtual Result<std::vector<RolloutRow>> history(const std::string& service, const std::string& environment,
                                                  std::size_t most) = 0;  // newest first

  // What rollouts were for; the one with the newest rollout first.
  struct Service {
    std::string service, environment;
  };
  virtual Result<std::vector<Service>> services() = 0;

  // Events of one rollout, several in one transaction; `seq` continues across the processes that drive it.
  virtual Status append_events(const std::string& rollout, const std::vector<EventRow>& events) = 0;
  // Calls `visit` with each event whose number is above `after`, in order, until it returns false. At most about a
  // megabyte and one event are in memory at a time, however large the rollout. No statement is open while `visit` runs:
  // it may take its time and use the ledger. Events that are appended meanwhile are visited too. Unknown rollout: no
  // events.
  virtual Status for_each_event(const std::string& rollout, std::uint64_t after,
                                const std::function<bool(const EventRow&)>& visit) = 0;
  virtual Result<std::uint64_t> last_seq(const std::string& rollout) = 0;
  // Whether some target was activated or taken back by it. Code::absent: no such rollout.
  virtual Result<bool> changed_targets(const std::string& rollout) = 0;

  // Kept per (service, environment) while a rollout is unfinished: set only where none is set; cleared when one
  // succeeds, rolls back or is given up.
  virtual Status add_baselines(const std::string& service, const std::string& environment,
                               const std::vector<Baseline>& baselines) = 0;
  virtual Result<std::vector<Baseline>> baselines(const std::string& service, const std::string& environment) = 0;
  virtual Status clear_baselines(const std::string& service, const std::string& environment) = 0;

  // Code::absent: no such rollout. `words`: those after a number, in order; 0: all.
  virtual Result<std::uint64_t> add_command(const std::string& rollout, const CommandRow& word) = 0;
  virtual Result<std::vector<CommandRow>> words(const std::string& rollout, std::uint64_t after) = 0;

  virtual Status add_freeze(const std::string& service, const std::string& environment, const FreezeRow& freeze) = 0;
  // The last that was said, be it over.
  virtual Result<std::optional<FreezeRow>> freeze(const std::string& service, const std::string& environment) = 0;

  // Releases that were made, so that a later command knows a version's artifact and activation.
  virtual Status add_release(const std::string& service, const std::string& environment,
                             const std::string& release_json, const Digest& release, const std::string& version,
                             WallTime made) = 0;
  virtual Result<std::optional<std::string>> release_json(const Digest& release) = 0;
  // The one that was made last first. Several versions may name one release, and several releases may have one version.
  virtual Result<std::vector<ReleaseName>> release_names(const std::string& service,
                                                         const std::string& environment) = 0;
};

}  // namespace deployctl::ledger
