#include "agents/target/slot/activation_machine.hpp"

#include <array>

namespace deployctl::target {
namespace {

constexpr std::array<const char*, step_count> step_words{
    "prepare",         "drain",         "stop",          "install", "link",        "switch",        "start",
    "validate",        "checks",        "undrain",       "remove",  "revert stop", "revert switch", "revert start",
    "revert validate", "revert checks", "revert undrain"};
constexpr std::array<const char*, 4> outcome_words{"active", "reverted", "broken", "deactivated"};

bool is_back(Step step) { return step >= Step::back_stop; }

// The steps that a reboot undoes: those after which the service runs.
constexpr std::array of_a_boot{Step::start,      Step::validate,      Step::checks,      Step::undrain,
                               Step::back_start, Step::back_validate, Step::back_checks, Step::back_undrain};

void resume(Progress& progress, const host::BootTime& at) {
  if (!progress.boot_id.empty() && progress.boot_id != at.boot_id) {
    for (const Step step : of_a_boot) progress.done.erase(step);
    progress.running.reset();
    progress.started.reset();
  }
  progress.boot_id = at.boot_id;
}

void finish(Progress& progress, const Record& record) {
  progress.running.reset();
  progress.done.insert(record.step);
  if (record.step == Step::start || record.step == Step::back_start) progress.started = record.at;
}

void fail_at(Progress& progress, const Record& record) {
  progress.running.reset();
  if (is_back(record.step))
    progress.back_failures.push_back({record.step, record.error});
  else if (!progress.failure)
    progress.failure = Failure{record.step, record.error};
}

std::vector<Step> forward(const Intent& intent) {
  const bool running = !intent.from.empty();
  std::vector<Step> steps{Step::prepare};
  if (running) steps.insert(steps.end(), {Step::drain, Step::stop});
  if (intent.to.empty()) {
    steps.push_back(Step::remove);
    return steps;
  }
  // Restarted in its own folder, so it is already installed.
  if (intent.to != intent.from) steps.push_back(Step::install);
  steps.insert(steps.end(), {Step::link, Step::switch_over, Step::start, Step::validate, Step::checks, Step::undrain});
  return steps;
}

std::vector<Step> back_before_switch(const Intent& intent, const Progress& p) {
  if (intent.from.empty()) return {};
  if (p.begun.contains(Step::stop)) return {Step::back_start, Step::back_validate, Step::back_undrain};
  if (p.begun.contains(Step::drain)) return {Step::back_undrain};
  return {};
}

std::vector<Step> back_after_switch(const Intent& intent, const Progress& p) {
  std::vector<Step> steps;
  if (p.begun.contains(Step::start)) steps.push_back(Step::back_stop);
  steps.push_back(Step::back_switch);
  if (!intent.from.empty())
    steps.insert(steps.end(), {Step::back_start, Step::back_validate, Step::back_checks, Step::back_undrain});
  return steps;
}

// A stop hook may fail because nothing was started. Its failure means that something still runs only if a start
// succeeded and there is no old release whose checks prove that all is well.
bool is_broken(const Intent& intent, const Progress& p) {
  for (const auto& failure : p.back_failures)
    if (failure.step != Step::back_stop || (intent.from.empty() && p.done.contains(Step::start))) return true;
  return false;
}

bool over(const Progress& p, Step step) {
  if (p.done.contains(step)) return true;
  for (const auto& failure : p.back_failures)
    if (failure.step == step) return true;
  return false;
}

Next way_back(const Intent& intent, const Progress& p) {
  const bool switched = p.begun.contains(Step::switch_over) || p.begun.contains(Step::remove);
  // There is no other release to revert to.
  if (switched && intent.to == intent.from) return End{Outcome::broken};
  for (const auto& failure : p.back_failures)
    if (failure.step != Step::back_stop) return End{Outcome::broken};
  for (const Step step : switched ? back_after_switch(intent, p) : back_before_switch(intent, p))
    if (!over(p, step)) return Perform{step};
  return End{is_broken(intent, p) ? Outcome::broken : Outcome::reverted};
}

template <std::size_t n>
Result<int> index_of(const std::array<const char*, n>& words, const std::string& word) {
  for (std::size_t i = 0; i < n; ++i)
    if (word == words[i]) return static_cast<int>(i);
  return fail(Code::invalid, "'" + word + "' is no word of a journal");
}

}  // namespace

const char* to_string(Step step) { return step_words.at(static_cast<std::size_t>(step)); }
const char* to_string(Outcome outcome) { return outcome_words.at(static_cast<std::size_t>(outcome)); }

Result<Step> to_step(const std::string& word) {
  DEPLOYCTL_TRY(index, index_of(step_words, word));
  return static_cast<Step>(index);
}
Result<Outcome> to_outcome(const std::string& word) {
  DEPLOYCTL_TRY(index, index_of(outcome_words, word));
  return static_cast<Outcome>(index);
}

Progress fold(const std::vector<Record>& records) {
  Progress progress;
  for (const auto& record : records) {
    switch (record.kind) {
      case Record::Kind::resumed:
        resume(progress, record.at);
        break;
      case Record::Kind::begun:
        progress.begun.insert(record.step);
        break;
      case Record::Kind::process:
        progress.running = record;
        break;
      case Record::Kind::done:
        finish(progress, record);
        break;
      case Record::Kind::failed:
        fail_at(progress, record);
        break;
      case Record::Kind::ended:
        progress.ended = record.outcome;
        break;
    }
  }
  return progress;
}

Next next(const Intent& intent, const Progress& progress) {
  if (progress.ended) return Nothing{};
  if (progress.failure) return way_back(intent, progress);
  for (const Step step : forward(intent))
    if (!progress.done.contains(step)) return Perform{step};
  return End{intent.to.empty() ? Outcome::deactivated : Outcome::active};
}

}  // namespace deployctl::target
