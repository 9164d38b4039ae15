#include "cli/flows/rollout_exit.hpp"

#include <algorithm>

#include "cli/session/context.hpp"
#include "cli/session/interrupt.hpp"

namespace deployctl::cli {
namespace {

using rollout::RolloutResult;

bool any_verification(const rollout::RolloutOutcome& outcome) {
  return std::any_of(outcome.errors.begin(), outcome.errors.end(),
                     [](const auto& e) { return e && e->code == Code::verification; });
}

// Nothing was changed: the error itself tells why.
int untouched(const rollout::RolloutOutcome& outcome) {
  if (!outcome.why) return exit_codes::failed;
  const int code = exit_code(outcome.why->code);
  const bool plain =
      code == exit_codes::internal || outcome.why->code == Code::hook_failed || outcome.why->code == Code::not_found;
  return plain ? exit_codes::failed : code;
}

}  // namespace

int exit_code(const rollout::RolloutReport& driven, int interrupted) {
  const auto& outcome = driven.outcome;
  const bool failed = outcome.result == RolloutResult::failed || outcome.result == RolloutResult::rolled_back;
  if (failed && any_verification(outcome)) return exit_codes::verification;
  switch (outcome.result) {
    case RolloutResult::succeeded:
      return exit_codes::done;
    case RolloutResult::incomplete:
      return exit_codes::incomplete;
    case RolloutResult::rolled_back:
      return exit_codes::rolled_back;
    case RolloutResult::paused:
      return exit_codes::paused;
    case RolloutResult::aborted:
      return exit_codes::failed;
    case RolloutResult::interrupted:
      return interrupted;
    case RolloutResult::superseded:
      return exit_codes::locked;
    case RolloutResult::failed:
      return outcome.touched ? exit_codes::failed : untouched(outcome);
  }
  return exit_codes::internal;
}

int exit_code_of_end(const events::Event& finished) {
  const bool verification = finished.error && finished.error->code == Code::verification;
  const auto says = [&](const char* result) {
    return finished.body.find(std::string("\"result\":\"") + result + "\"") != std::string::npos;
  };
  if (says("succeeded")) return exit_codes::done;
  if (says("incomplete")) return exit_codes::incomplete;
  if (says("rolled_back")) return verification ? exit_codes::verification : exit_codes::rolled_back;
  if (says("paused")) return exit_codes::paused;
  if (says("superseded")) return exit_codes::locked;
  if (says("interrupted")) return exit_codes::interrupted;
  return verification ? exit_codes::verification : exit_codes::failed;
}

int report(Context& context, const rollout::RolloutReport& driven) {
  const int code = exit_code(driven, Interrupt::exit_code());
  if (driven.rollout.empty() && driven.outcome.why) return context.fail_with(*driven.outcome.why, code);
  return code;
}

}  // namespace deployctl::cli
