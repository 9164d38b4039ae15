// A deploy or a rollback while it is driven (rollout_driver.hpp): what is known of it, from the command to its last
// event. Its flow is in rollout_driver.cpp, what a rollback goes to in rollback_session.cpp, what the ledger is told
// of it in rollout_records.cpp, what follows its end in rollout_end.cpp.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/rollout/driver/left_behind.hpp"
#include "core/rollout/driver/rollout_driver.hpp"
#include "core/rollout/rollback/rollback_choice.hpp"

namespace deployctl::rollout {

// For targets that are missing, once most have answered. They are asked all along and join when they answer, so a
// rollback does well to begin without them.
inline constexpr Duration rollback_grace{std::chrono::milliseconds(700)};

// Everything on the links' strand.
class RolloutSession {
 public:
  RolloutSession(const model::Plan& plan, RolloutDependencies parts);

  asio::awaitable<RolloutReport> deploy(model::Release release, std::string commit);
  asio::awaitable<RolloutReport> roll_back(std::string to);

 private:
  Status choose_id();
  std::uint64_t ledgers_epoch() const;
  Status supersede_others();
  Status persist_start();
  Status open_row();
  Status know_baselines();
  Status know_past();
  Status keep_override();
  void count_previous();
  asio::awaitable<RolloutReport> go(RolloutSpec spec, Goal goal, std::string release_json, Digest artifact);
  asio::awaitable<void> send_ahead(Digest artifact);
  std::set<TargetIndex> first_staged() const;
  // How to get the goal's artifact where this host has none; empty: nothing names it.
  std::string rebuild_command(const Goal& goal) const;
  std::function<void(TargetIndex)> stage_early(const Goal& goal);
  asio::awaitable<Status> prepare(const Goal& goal, StagerOrder order);
  asio::awaitable<bool> waits_on(Error why);
  asio::awaitable<void> release_targets(const RolloutOutcome& outcome);
  asio::awaitable<void> prune_one(TargetIndex target);
  asio::awaitable<void> release_one(TargetIndex target);
  std::string unreleased_warning() const;
  asio::awaitable<void> hand_over_to_relays(RolloutOutcome outcome, Goal goal, std::string release_json,
                                            Digest artifact);
  asio::awaitable<std::vector<std::shared_ptr<fleet::PayloadHandle>>> payloads_for(LeftBehind left, Digest artifact,
                                                                                   protocol::pb::Desire& desire);
  asio::awaitable<Status> hook(ControlHook which, io::CancelToken token);
  bool lost_to_others() const;
  Status close_row(const RolloutOutcome& outcome);
  RolloutReport over(RolloutOutcome outcome, bool began);
  Result<RollbackChoice> choose(const std::string& to);
  Result<std::string> known_release(const Digest& release);
  asio::awaitable<Status> most_can_take(Goal goal, Digest artifact);
  RolloutReport nothing_to_do(const RollbackChoice& choice);
  void leave_out_disputed(const ReleaseNames& names, const Digest& goal, const std::string& to);
  void warn(const std::string& words);
  void tell_awaited(const Awaited& awaited);

  const model::Plan& plan_;
  RolloutDependencies parts_;
  ledger::RolloutRow row_;
  protocol::pb::Place place_;
  Lease ticket_;
  FleetSurvey survey_;
  RolloutSpec spec_;
  std::vector<std::optional<ledger::Baseline>> baselines_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Stager> stager_;                         // from the grants on
  std::vector<std::pair<TargetIndex, Error>> unreleased_;  // targets whose grant could not be released at the end
  bool resumed_ = false;
  std::vector<ledger::RolloutRow> superseded_;  // unfinished ones that give way
  ResumeState past_;
  std::uint64_t heard_ = 0;  // words to it, before this driver
  bool told_to_wait_ = false;
  SteadyTime began_ = system_clock().steady();
};

RolloutOutcome not_begun(Error why);
bool went_through(const RolloutOutcome& outcome);  // with nobody failed; some may be away

}  // namespace deployctl::rollout
