#include "cli/flows/freezing.hpp"

namespace deployctl::cli {
namespace {

// "deploy.yaml:12:5", as short as it is unmistakable.
std::string place_of(const model::Mark& mark) {
  const std::string text = mark.text();
  return text.substr(text.rfind('/') + 1);
}

Result<std::string> words_of(const ledger::FreezeRow& said) {
  DEPLOYCTL_TRY(until, calendar::shown_in(said.until, calendar::local_zone()));
  return "frozen until " + until + " by " + said.user + (said.reason.empty() ? "" : ": " + said.reason);
}

std::string reason_of(const calendar::Freeze& freeze) {
  return (freeze.reason.empty() ? "" : ": " + freeze.reason) + " (" + place_of(freeze.mark) + ")";
}

Result<std::string> words_of(const calendar::Freeze& freeze) {
  DEPLOYCTL_TRY(until, calendar::shown_in(freeze.until, freeze.zone));
  return "frozen until " + until + reason_of(freeze);
}

}  // namespace

std::vector<model::FreezeWindow> freeze_windows(const model::Plan& plan) {
  auto windows = plan.rollout.freezes;
  windows.insert(windows.end(), plan.fleet.freezes.begin(), plan.fleet.freezes.end());
  return windows;
}

Result<std::string> window_words(const calendar::Freeze& freeze) {
  DEPLOYCTL_TRY(from, calendar::shown_in(freeze.from, freeze.zone));
  DEPLOYCTL_TRY(until, calendar::shown_in(freeze.until, freeze.zone));
  return "from " + from + " until " + until + reason_of(freeze);
}

Result<std::string> frozen_words(const model::Plan& plan, ledger::Ledger& ledger, WallTime now) {
  DEPLOYCTL_TRY(said, ledger.freeze(plan.service, plan.environment));
  if (said && said->until > now) return words_of(*said);
  DEPLOYCTL_TRY(open, calendar::open_at(freeze_windows(plan), now));
  return open ? words_of(*open) : Result<std::string>(std::string());
}

Status check_not_frozen(const model::Plan& plan, ledger::Ledger& ledger) {
  DEPLOYCTL_TRY(words, frozen_words(plan, ledger, system_clock().wall()));
  if (words.empty()) return {};
  return fail(with_hint(error(Code::refused, "deploys of " + plan.service + " (" + plan.environment + ") are " + words),
                        "if it can't wait: --override-freeze REASON, which is recorded; a rollback is never frozen"));
}

}  // namespace deployctl::cli
