#include "core/rollout/rollback/release_order.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace deployctl::rollout {
namespace {

using ledger::RolloutState;
using protocol::pb::Receipt;
using protocol::pb::Surveyed;

Digest digest_of(const std::string& raw) { return Digest::from_raw(raw).value_or(Digest{}); }
Digest current_of(const Surveyed& survey) { return digest_of(survey.current().release()); }

bool went_through(RolloutState state) { return state == RolloutState::succeeded || state == RolloutState::incomplete; }

// These bring targets to what their fleet is to run already.
bool is_side_kind(const std::string& kind) { return kind == "revert" || kind == "converge" || kind == "catch-up"; }

Change::Kind kind_of(const std::string& kind) {
  if (kind == "deploy") return Change::Kind::deploy;
  return kind == "rollback" ? Change::Kind::rollback : Change::Kind::unknown;
}

// ---- the ledger ----

Change::End end_of(const ledger::RolloutRow& row) {
  if (row.kind == "rollback")
    return row.state == RolloutState::succeeded ? Change::End::complete : Change::End::incomplete;
  if (went_through(row.state)) return Change::End::complete;
  return row.state == RolloutState::rolled_back ? Change::End::taken_back : Change::End::incomplete;
}

// A deploy that changed nothing is none, unless it still may: it waits for an answer, or a process drives it. A
// rollback says what the fleet is to run as soon as the targets granted it.
bool counts(const RecordedRollout& one, const std::set<std::string>& living) {
  const auto& row = one.row;
  if (row.release.empty() || row.kind == "converge") return false;
  if (row.kind == "rollback") return one.changed || row.epoch > 0 || went_through(row.state);
  const bool may_still =
      row.state == RolloutState::paused || (row.state == RolloutState::running && living.contains(row.id));
  return one.changed || may_still;
}

std::vector<Change> changes_in(const std::vector<RecordedRollout>& newest_first, const std::set<std::string>& living) {
  std::vector<Change> out;
  std::uint64_t newest = 0;  // rows of an old ledger have no epoch: they keep their place
  for (auto one = newest_first.rbegin(); one != newest_first.rend(); ++one) {
    const auto& row = one->row;
    newest = row.epoch > 0 ? row.epoch : newest;
    if (counts(*one, living)) out.push_back({row.id, newest, kind_of(row.kind), row.release, end_of(row)});
  }
  return out;
}

// ---- the targets ----

// Half of those that answer will do, as some that granted it may be unreachable now; but one alone never speaks for
// others.
bool speaks_for(std::size_t count, std::size_t of) { return count * 2 > of || (count > 1 && count * 2 == of); }

// The greatest of which enough are sure; else nothing.
template <class T>
std::optional<T> agreed(const std::map<T, std::size_t>& votes, std::size_t of) {
  for (auto one = votes.rbegin(); one != votes.rend(); ++one)
    if (speaks_for(one->second, of)) return one->first;
  return {};
}

// The highest epoch that enough have reached.
std::uint64_t agreed_epoch(std::vector<std::uint64_t> epochs) {
  std::sort(epochs.begin(), epochs.end(), std::greater<>());
  for (std::size_t i = 0; i < epochs.size(); ++i)
    if (speaks_for(i + 1, epochs.size())) return epochs[i];
  return 0;
}

template <class T>
T most_common(const std::map<T, std::size_t>& votes) {
  const auto most =
      std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == votes.end() ? T{} : most->first;
}

// What the targets say of one rollout.
struct Reported {
  std::map<std::uint64_t, std::size_t> epochs;
  std::map<std::string, std::size_t> kinds;
  std::map<Digest, std::size_t> releases;
  std::vector<const Surveyed*> targets;  // that have receipts of it
};

struct Evidence {
  std::vector<const Surveyed*> answers;
  std::size_t with_receipts = 0;
  std::map<std::string, Reported> rollouts;
  std::optional<protocol::pb::Holder> last;  // that was granted last
  std::uint64_t epoch = 0;                   // that enough targets have granted: nothing real is above it
};

const protocol::pb::Holder* last_grant_of(const Surveyed& survey) {
  if (survey.has_last_grant()) return &survey.last_grant();
  return survey.has_holder() ? &survey.holder() : nullptr;
}

// The first receipt of the rollout tells what it wanted there; a later one may be the way back.
void note_receipts(const Surveyed& survey, std::map<std::string, Reported>& rollouts) {
  std::set<std::string> seen;
  for (const Receipt& receipt : survey.receipts()) {
    auto& one = rollouts[receipt.rollout()];
    if (seen.insert(receipt.rollout()).second) {
      ++one.epochs[receipt.epoch()];
      one.targets.push_back(&survey);
      if (receipt.kind() != "revert") ++one.releases[digest_of(receipt.release())];
    }
    if (!receipt.kind().empty() && (receipt.kind() == "converge" || !is_side_kind(receipt.kind())))
      ++one.kinds[receipt.kind()];
  }
}

Evidence evidence_of(const FleetSurvey& survey) {
  Evidence out;
  std::map<std::pair<std::uint64_t, std::string>, std::size_t> grants;
  std::map<std::pair<std::uint64_t, std::string>, const protocol::pb::Holder*> holders;
  std::vector<std::uint64_t> epochs;
  for (const auto& one : survey) {
    if (!one.reply) continue;
    out.answers.push_back(&*one.reply);
    out.with_receipts += one.reply->receipts_size() > 0;
    note_receipts(*one.reply, out.rollouts);
    if (one.reply->epoch() == 0) continue;  // set up anew: it knows of no rollout
    epochs.push_back(one.reply->epoch());
    const auto* grant = last_grant_of(*one.reply);
    if (!grant) continue;
    const std::pair key(grant->epoch(), grant->rollout());
    ++grants[key];
    if (!holders[key] || !grant->kind().empty()) holders[key] = grant;
  }
  if (const auto last = agreed(grants, epochs.size())) out.last = *holders.at(*last);
  out.epoch = agreed_epoch(std::move(epochs));
  return out;
}

// What it did there stays.
bool landed(const Surveyed& survey, const std::string& rollout, const Digest& release) {
  const Receipt* last = nullptr;
  for (const Receipt& receipt : survey.receipts())
    if (receipt.rollout() == rollout) last = &receipt;
  return last && last->kind() != "revert" && last->outcome() == "active" && digest_of(last->release()) == release;
}

bool some_run(const Evidence& evidence, const Digest& release) {
  return std::any_of(evidence.answers.begin(), evidence.answers.end(),
                     [&](const Surveyed* s) { return current_of(*s) == release; });
}

bool all_run(const Evidence& evidence, const Digest& release) {
  return std::all_of(evidence.answers.begin(), evidence.answers.end(),
                     [&](const Surveyed* s) { return !s->has_current() || current_of(*s) == release; });
}

Change::End end_of(const Evidence& evidence, const Change& change, bool living) {
  if (change.kind == Change::Kind::rollback)
    return !living && all_run(evidence, change.release) ? Change::End::complete : Change::End::incomplete;
  if (living) return Change::End::incomplete;
  std::size_t there = 0;
  for (const Surveyed* one : evidence.answers) there += landed(*one, change.rollout, change.release);
  if (there * 2 > evidence.with_receipts) return Change::End::complete;
  return there == 0 && !some_run(evidence, change.release) ? Change::End::taken_back : Change::End::incomplete;
}

bool is_last(const Evidence& evidence, const std::string& rollout) {
  return evidence.last && evidence.last->rollout() == rollout;
}

std::optional<Change> change_of(const Evidence& evidence, const std::string& rollout, const Reported& reported) {
  Change change;
  change.rollout = rollout;
  change.epoch = most_common(reported.epochs);
  change.release = most_common(reported.releases);
  const std::string kind = most_common(reported.kinds);
  change.kind = kind_of(kind);
  const bool last = is_last(evidence, rollout);
  if (last) {
    const auto& grant = *evidence.last;
    change.epoch = grant.epoch();
    if (const auto wanted = digest_of(grant.release()); !wanted.empty()) change.release = wanted;
    if (!grant.kind().empty()) change.kind = kind_of(grant.kind());
  }
  const bool living = last && evidence.last->expires_in_ms() > 0;
  const bool converges = kind == "converge" || (last && evidence.last->kind() == "converge");
  if (converges || change.release.empty() || change.epoch > evidence.epoch) return {};
  if (reported.targets.empty() && !living && change.kind != Change::Kind::rollback) return {};  // it changed nothing
  change.end = end_of(evidence, change, living);
  return change;
}

bool is_sure(const Evidence& evidence, const Reported& reported, const Change& change) {
  return is_last(evidence, change.rollout) || speaks_for(reported.targets.size(), evidence.with_receipts);
}

// Few have receipts of it, and it is newer than all that is sure: a canary that was left alone, if one of them still
// runs its release. To undo it changes none of the others. A few targets' word for a rollback is taken only where
// nothing follows from it.
bool is_left_canary(const Reported& reported, const Change& change, std::uint64_t newest_sure) {
  if (change.epoch <= newest_sure) return false;
  if (change.kind == Change::Kind::rollback) return change.end == Change::End::complete;
  return std::any_of(reported.targets.begin(), reported.targets.end(),
                     [&](const Surveyed* s) { return current_of(*s) == change.release; });
}

std::uint64_t newest_epoch(const std::vector<Change>& changes) {
  std::uint64_t newest = 0;
  for (const auto& change : changes) newest = std::max(newest, change.epoch);
  return newest;
}

void add_unrecorded(const Evidence& evidence, const std::vector<RecordedRollout>& recorded,
                    std::vector<Change>& changes) {
  auto rollouts = evidence.rollouts;
  if (evidence.last) rollouts[evidence.last->rollout()];
  for (const auto& one : recorded) rollouts.erase(one.row.id);
  std::vector<std::pair<Change, const Reported*>> found;
  for (const auto& [rollout, reported] : rollouts)
    if (auto change = change_of(evidence, rollout, reported)) found.emplace_back(std::move(*change), &reported);
  std::uint64_t newest_sure = newest_epoch(changes);
  for (const auto& [change, reported] : found)
    if (is_sure(evidence, *reported, change)) newest_sure = std::max(newest_sure, change.epoch);
  for (auto& [change, reported] : found) {
    const bool sure = is_sure(evidence, *reported, change);
    if (!sure && !is_left_canary(*reported, change, newest_sure)) continue;
    if (!sure && change.kind == Change::Kind::unknown) change.kind = Change::Kind::deploy;
    changes.push_back(change);
  }
}

// Older agents' receipts: a release that ran before was gone back to.
void resolve_kinds(std::vector<Change>& oldest_first, const Evidence& evidence) {
  std::vector<Change> before;
  for (auto& change : oldest_first) {
    if (change.kind == Change::Kind::unknown) {
      const auto stack = stack_of(before);
      const bool ran =
          std::find(stack.begin(), stack.end(), change.release) != stack.end() && stack.front() != change.release;
      change.kind = ran ? Change::Kind::rollback : Change::Kind::deploy;
      if (ran) change.end = all_run(evidence, change.release) ? Change::End::complete : Change::End::incomplete;
    }
    before.push_back(change);
  }
}

}  // namespace

std::vector<Change> changes_of(const FleetSurvey& survey, const std::vector<RecordedRollout>& newest_first) {
  const Evidence evidence = evidence_of(survey);
  std::set<std::string> living;
  if (evidence.last && evidence.last->expires_in_ms() > 0) living.insert(evidence.last->rollout());
  auto changes = changes_in(newest_first, living);
  add_unrecorded(evidence, newest_first, changes);
  std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.epoch < b.epoch; });
  resolve_kinds(changes, evidence);
  return changes;
}

std::vector<Digest> stack_of(const std::vector<Change>& oldest_first) {
  std::vector<Digest> stack;  // the running one last
  for (const auto& change : oldest_first) {
    const bool back = change.kind == Change::Kind::rollback;
    if (!back && change.end != Change::End::complete) continue;
    // From the top: where it lay last.
    const auto below = std::find(stack.rbegin(), stack.rend(), change.release);
    if (back && below != stack.rend()) stack.erase(below.base(), stack.end());
    if (stack.empty() || stack.back() != change.release) stack.push_back(change.release);
  }
  std::reverse(stack.begin(), stack.end());
  return stack;
}

Digest majority_before(const FleetSurvey& survey, const Digest& release) {
  std::map<Digest, std::size_t> votes;
  std::size_t answers = 0;
  for (const auto& one : survey) {
    if (!one.reply) continue;
    ++answers;
    Digest before = current_of(*one.reply);
    if (before == release) {
      before = Digest{};
      for (const Receipt& receipt : one.reply->receipts())
        if (digest_of(receipt.release()) == release && receipt.outcome() == "active" &&
            receipt.from_release() != receipt.release())
          before = digest_of(receipt.from_release());
    }
    ++votes[before];
  }
  for (const auto& [before, count] : votes)
    if (count * 2 > answers) return before;
  return {};
}

}  // namespace deployctl::rollout
