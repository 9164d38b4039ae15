// Which release a rollback by hand goes to, from what the targets themselves keep.
#include <algorithm>

#include "core/rollout/fleet_survey.hpp"

namespace deployctl::rollout {
namespace {

Candidate& of(std::vector<Candidate>& all, const wire::pb::KeptRelease& kept) {
  const Digest release = Digest::from_raw(kept.release()).value_or(Digest{});
  for (auto& one : all)
    if (one.release == release) return one;
  Candidate fresh;
  fresh.release = release;
  fresh.artifact = Digest::from_raw(kept.artifact()).value_or(Digest{});
  fresh.version = kept.version();
  fresh.failed_last = true;
  all.push_back(std::move(fresh));
  return all.back();
}

void count(std::vector<Candidate>& all, const wire::pb::Surveyed& survey) {
  for (const auto& kept : survey.kept()) {
    if (kept.release().empty()) continue;  // not ours: nothing tells that it was healthy
    Candidate& one = of(all, kept);
    ++one.targets;
    one.running += survey.has_current() && survey.current().release() == kept.release();
    one.confirmed = one.confirmed || kept.confirmed();
    one.failed_last = one.failed_last && kept.failed();
    const std::int64_t staged = kept.staged_at();
    if (staged != 0 && (one.staged_at == 0 || staged < one.staged_at)) one.staged_at = staged;
  }
}

std::string listed(const std::vector<Candidate>& all) {
  std::string text;
  for (const auto& one : all)
    text += (text.empty() ? "" : ", ") + one.version + " (" + one.release.text().substr(0, 15) + ", on " +
            std::to_string(one.targets) + (one.running ? ", runs" : "") + (one.confirmed ? "" : ", never healthy") + ")";
  return text.empty() ? "nothing" : text;
}

// A version, or the beginning of a release digest.
bool names(const std::string& to, const Candidate& one) {
  if (one.version == to) return true;
  const std::string hex = to.starts_with("sha256:") ? to.substr(7) : to;
  return hex.size() >= 8 && one.release.hex().starts_with(hex);
}

Result<Candidate> named(const std::vector<Candidate>& all, const std::string& to) {
  std::vector<Candidate> found;
  for (const auto& one : all)
    if (names(to, one)) found.push_back(one);
  if (found.size() == 1) return found.front();
  if (found.empty())
    return fail(error(Code::absent, "no target keeps a release '" + to + "'; kept are: " + listed(all)));
  return fail(with_hint(error(Code::invalid, "'" + to + "' names " + std::to_string(found.size()) + " releases: " + listed(found)),
                        "give --to the beginning of the digest"));
}

bool good(const Candidate& one) { return one.confirmed && !one.failed_last; }

const Candidate* find(const std::vector<Candidate>& all, const Digest& release) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const Candidate& one) { return one.release == release; });
  return at == all.end() ? nullptr : &*at;
}

bool went_through(const ledger::RolloutRow& row) {
  return row.state == ledger::RolloutState::succeeded || row.state == ledger::RolloutState::incomplete;
}

// The release of a deploy that stopped half way, where some target runs it; else what most run; nothing runs: null.
const Candidate* left_behind(const std::vector<Candidate>& all, const std::vector<ledger::RolloutRow>& newest_first) {
  if (!newest_first.empty() && newest_first.front().kind == "deploy" && !went_through(newest_first.front()))
    if (const Candidate* one = find(all, newest_first.front().release); one && one->running > 0) return one;
  const auto most = std::max_element(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) { return a.running < b.running; });
  return most != all.end() && most->running > 0 ? &*most : nullptr;
}

// A deploy that is paused or was cut off, and nobody runs its release (any more): what ran before it runs now, and to give it
// up changes nothing.
const Candidate* back_already(const std::vector<Candidate>& all, const std::vector<ledger::RolloutRow>& newest_first) {
  if (newest_first.empty() || newest_first.front().kind != "deploy" || !ledger::is_unfinished(newest_first.front().state)) return nullptr;
  if (const Candidate* one = find(all, newest_first.front().release); one && one->running > 0) return nullptr;
  const auto most = std::max_element(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) { return a.running < b.running; });
  return most != all.end() && most->running > 0 ? &*most : nullptr;
}

// What lay below it; all that the ledger knows when it never got on top; nothing where the ledger has never heard of it.
std::vector<Digest> below(const Candidate* left, const std::vector<ledger::RolloutRow>& newest_first) {
  auto stack = stack_of(newest_first);
  if (!left) return stack;
  const auto at = std::find(stack.begin(), stack.end(), left->release);
  if (at != stack.end()) return {at + 1, stack.end()};
  return !newest_first.empty() && newest_first.front().release == left->release ? stack : std::vector<Digest>{};
}

}  // namespace

std::vector<Candidate> candidates(const FleetSurvey& survey) {
  std::vector<Candidate> all;
  for (const auto& one : survey)
    if (one.reply) count(all, *one.reply);
  std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) { return a.staged_at > b.staged_at; });
  return all;
}

std::vector<ledger::RolloutRow> stacked_rollouts(const std::vector<ledger::RolloutRow>& newest_first) {
  std::vector<ledger::RolloutRow> stack;  // the running one last
  for (auto row = newest_first.rbegin(); row != newest_first.rend(); ++row) {
    if (!went_through(*row) || row->release.empty()) continue;
    // From the top: where it lay last.
    const auto below = std::find_if(stack.rbegin(), stack.rend(), [&](const auto& one) { return one.release == row->release; });
    if (row->kind == "rollback" && below != stack.rend()) stack.erase(below.base(), stack.end());
    if (stack.empty() || stack.back().release != row->release) stack.push_back(*row);
  }
  std::reverse(stack.begin(), stack.end());
  return stack;
}

std::vector<Digest> stack_of(const std::vector<ledger::RolloutRow>& newest_first) {
  std::vector<Digest> releases;
  for (const auto& row : stacked_rollouts(newest_first)) releases.push_back(row.release);
  return releases;
}

Result<Candidate> choose_rollback(const std::vector<Candidate>& all, const std::string& to,
                                  const std::vector<ledger::RolloutRow>& newest_first) {
  if (!to.empty()) return named(all, to);
  if (const Candidate* back = back_already(all, newest_first)) return *back;
  const Candidate* left = left_behind(all, newest_first);
  for (const auto& release : below(left, newest_first))
    if (const Candidate* one = find(all, release); one && one != left && good(*one)) return *one;
  for (const auto& one : all)
    if (&one != left && good(one) && (!left || one.staged_at < left->staged_at)) return one;
  return fail(with_hint(error(Code::absent, "there is no earlier release that was healthy; kept are: " + listed(all)),
                        "name one with --to, or deploy an earlier commit with deploy --ref"));
}

}  // namespace deployctl::rollout
