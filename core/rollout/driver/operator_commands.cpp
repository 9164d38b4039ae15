#include "core/rollout/driver/operator_commands.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "core/events/event.hpp"
#include "core/model/bounded_json.hpp"

namespace deployctl::rollout {
namespace {

using To = OperatorCommand::Kind;

bool rests_at_a_pause(const events::Event& event) {
  const auto body = model::try_parse_json(event.body);
  return body.is_object() && body.value("for", "") == to_string(WaitReason::pause);
}

}  // namespace

std::optional<MachineEvent> event_of(const ledger::CommandRow& row) {
  const std::string by = row.user + (row.reason.empty() ? "" : " (" + row.reason + ")");
  if (row.word == approve_word) return Approved{row.wave, by};
  for (const auto to : {To::pause, To::resume, To::promote, To::abort, To::abort_and_stay, To::override_freeze})
    if (row.word == to_string(to)) return OperatorCommand{to, by};
  return std::nullopt;
}

void ResumeStateReader::add(const ledger::EventRow& row) {
  const auto event = events::parse_if_named(row.json, {"wave_finished", "rollout_waiting", "rollout_going_on"});
  if (!event) return;
  if (event->name == "wave_finished") waves_done_.insert(event->wave);
  if (event->name == "rollout_waiting") resting_ = rests_at_a_pause(*event) ? event->wave : "";
  if (event->name == "rollout_going_on") resting_.clear();
}

ResumeState ResumeStateReader::past(const std::vector<ledger::CommandRow>& words, bool passes_pause) const {
  ResumeState past;
  for (const auto& row : words) {
    if (row.word == approve_word) past.approved.insert(row.wave);
    if (row.word == override_freeze_word) past.freeze_overridden = true;
  }
  past.waves_done = waves_done_;
  if (passes_pause && !resting_.empty()) past.waves_done.insert(resting_);
  return past;
}

std::vector<MachineEvent> CommandFeed::operator()() {
  std::vector<MachineEvent> heard;
  const auto rows = ledger_->words(rollout_, after_);
  if (!rows) return heard;
  for (const auto& row : *rows) {
    after_ = row.number;
    if (auto event = event_of(row)) heard.push_back(std::move(*event));
  }
  return heard;
}

}  // namespace deployctl::rollout
