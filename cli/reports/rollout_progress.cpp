#include "cli/reports/rollout_progress.hpp"

#include <algorithm>

#include "cli/output/body.hpp"
#include "cli/output/human_format.hpp"

namespace deployctl::cli {

void RolloutProgress::add(const ledger::EventRow& row) {
  const auto event = events::parse_if_named(
      row.json, {"rollout_started", "wave_started", "wave_baking", "wave_finished", "rollout_waiting",
                 "rollout_going_on", "rollout_steered", "rollback_started", "rollout_finished", "target_unreachable",
                 "target_staged", "target_activating", "target_active", "target_failed", "target_unhealthy",
                 "target_reverting", "target_reverted", "target_stuck"});
  if (!event) return;
  board_.take(*event);
  const output::Body body(event->body);
  if (event->name == "rollout_waiting") {
    waits_for_ = body.text("for");
    wave_waits_ = event->wave;
    message_ = body.text("message");
  } else if (event->name == "rollout_going_on" || event->name == "rollback_started" ||
             event->name == "rollout_started") {
    waits_for_.clear();
    message_.clear();
  } else if (event->name == "rollout_steered") {
    const auto word = body.text("word");
    if (word == "pause") paused_by_ = body.text("by");
    if (word == "resume" || word == "promote" || word.starts_with("abort")) paused_by_.clear();
  }
}

std::string RolloutProgress::waiting() const {
  if (board_.rolling_back) return "rolling_back";
  if (!waits_for_.empty()) return waits_for_;
  return board_.baking ? "baking" : "";
}

std::string RolloutProgress::wave() const {
  const auto name = !waits_for_.empty() && !wave_waits_.empty() ? wave_waits_
                    : board_.wave                               ? board_.waves.at(*board_.wave).name
                                                                : "";
  if (name.empty()) return {};
  const auto at = std::ranges::find(board_.waves, name, &output::BoardWave::name);
  if (at == board_.waves.end()) return "wave " + name;
  return "wave " + name + " (" + std::to_string(at - board_.waves.begin() + 1) + " of " +
         std::to_string(board_.waves.size()) + ")";
}

std::string RolloutProgress::words() const {
  const std::string what = waiting(), where = wave();
  const std::string in_wave = where.empty() ? "" : ", " + where;
  const std::string why = message_.empty() ? "" : ": " + message_;
  std::string out;
  if (what == "approval")
    out = "waiting for approval of " + (where.empty() ? std::string("a wave") : where);
  else if (what == "held")
    out = "paused" + (paused_by_.empty() ? "" : " by " + paused_by_) + in_wave;
  else if (what == "pause")
    out = "paused after " + (where.empty() ? std::string("a wave") : where) + ", as the plan says";
  else if (what == "gate")
    out = "waiting for a gate" + in_wave + why;
  else if (what == "freeze")
    out = "waiting for a freeze to end" + in_wave + why;
  else if (what == "rolling_back")
    out = "rolling back" + (board_.previous.empty() ? std::string() : " to " + board_.previous);
  else if (what == "baking")
    out = "baking" + in_wave;
  else
    out = where;
  if (board_.total() == 0) return out;
  using State = output::TargetState;
  const bool back = board_.rolling_back;
  const auto done = board_.in(back ? State::reverted : State::active);
  out += (out.empty() ? "" : ", ") + output::number(done) + " of " + output::number(board_.total()) +
         (back ? " taken back" : " active");
  const auto failed = board_.in(State::failed) + board_.in(State::unhealthy) + board_.in(State::stuck);
  if (failed > 0) out += ", " + output::number(failed) + " failed";
  if (const auto gone = board_.in(State::unreachable); gone > 0) out += ", " + output::number(gone) + " unreachable";
  return out;
}

std::string RolloutProgress::versions() const {
  if (board_.version.empty()) return {};
  return board_.previous.empty() || board_.previous == board_.version ? board_.version
                                                                      : board_.previous + " to " + board_.version;
}

JsonObject RolloutProgress::json() const {
  JsonObject out;
  const auto name = !waits_for_.empty() && !wave_waits_.empty() ? wave_waits_
                    : board_.wave                               ? board_.waves.at(*board_.wave).name
                                                                : "";
  out.add_if("previous", board_.previous);
  if (!name.empty()) {
    const auto at = std::ranges::find(board_.waves, name, &output::BoardWave::name);
    out.add("wave", name);
    if (at != board_.waves.end()) out.add("wave_number", static_cast<std::uint64_t>(at - board_.waves.begin() + 1));
  }
  if (!board_.waves.empty()) out.add("waves", static_cast<std::uint64_t>(board_.waves.size()));
  out.add_if("waiting", waiting());
  out.add_if("message", message_);
  if (waiting() == "held") out.add_if("paused_by", paused_by_);
  if (board_.total() > 0)
    out.add("active", static_cast<std::uint64_t>(board_.in(output::TargetState::active)))
        .add("targets", static_cast<std::uint64_t>(board_.total()));
  return out;
}

}  // namespace deployctl::cli
