#include "core/rollout/rollback/rollback_choice.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace deployctl::rollout {
namespace {

using Candidates = std::vector<Candidate>;

std::string short_text(const Digest& release) { return release.text().substr(0, 15); }

// What the keepers of one release report.
struct Tally {
  std::size_t confirmed = 0, failed = 0;
  std::vector<std::int64_t> staged;
};

std::int64_t median(std::vector<std::int64_t> times) {
  if (times.empty()) return 0;
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>((times.size() - 1) / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

std::string listed(const Candidates& all) {
  std::string text;
  for (const auto& one : all)
    text += (text.empty() ? "" : ", ") + one.version + " (" + short_text(one.release) + ", on " +
            std::to_string(one.targets) + (one.targets == 1 ? " target" : " targets") +
            (one.running ? ", current" : "") + (one.confirmed ? "" : ", never healthy") + ")";
  return text.empty() ? "nothing" : text;
}

bool good(const Candidate& one) { return one.confirmed && !one.failed_last; }

const Candidate* find(const Candidates& all, const Digest& release) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const Candidate& one) { return one.release == release; });
  return at == all.end() || release.empty() ? nullptr : &*at;
}

const Candidate* first_good(const Candidates& all, const std::vector<Digest>& releases, const Digest& but) {
  for (const auto& release : releases)
    if (const Candidate* one = find(all, release); one && release != but && good(*one)) return one;
  return nullptr;
}

const Candidate* max_run(const Candidates& all) {
  const auto most = std::max_element(all.begin(), all.end(),
                                     [](const Candidate& a, const Candidate& b) { return a.running < b.running; });
  return most != all.end() && most->running > 0 ? &*most : nullptr;
}

Error none_earlier(const Candidates& all) {
  return with_hint(error(Code::not_found, "there is no earlier release that was healthy; available: " + listed(all)),
                   "name one with --to, or deploy an earlier commit with deploy --ref");
}

// ---- by name ----

bool begins_digest(const std::string& to, const Candidate& one) {
  const std::string hex = to.starts_with("sha256:") ? to.substr(7) : to;
  return hex.size() >= 8 && one.release.hex().starts_with(hex);
}

// The order in which they ran last; what isn't known to have run at all is older.
std::map<Digest, std::size_t> last_ran(const std::vector<Change>& changes) {
  std::map<Digest, std::size_t> out;
  for (std::size_t i = 0; i < changes.size(); ++i) out[changes[i].release] = i + 1;
  return out;
}

// Of several with one version: those that most targets keep before the others, then the one that ran last, then the one
// staged last.
void newest_to_front(Candidates& found, std::size_t answers, const std::vector<Change>& changes) {
  const auto ran = last_ran(changes);
  const auto rank = [&](const Candidate& one) {
    const auto at = ran.find(one.release);
    return std::tuple(one.targets * 2 > answers, at == ran.end() ? 0 : at->second, one.staged_at);
  };
  std::stable_sort(found.begin(), found.end(),
                   [&](const Candidate& a, const Candidate& b) { return rank(a) > rank(b); });
}

Error no_such(const RollbackQuestion& question, const Candidates& all) {
  Candidates claimed;
  for (const auto& one : all)
    if (question.names.is_claimed(one.release, question.to)) claimed.push_back(one);
  if (!claimed.empty())
    return with_hint(error(Code::invalid, "the targets disagree about which release is called " + question.to + ": " +
                                              listed(claimed)),
                     "give --to the beginning of the digest");
  return error(Code::not_found, "no target keeps a release '" + question.to + "'; available: " + listed(all));
}

Result<RollbackChoice> choose_named(const RollbackQuestion& question, const Candidates& all, std::size_t answers) {
  const std::string& to = question.to;
  Candidates by_version, by_digest;
  for (const auto& one : all) {
    if (question.names.is_settled(one.release, to))
      by_version.push_back(one);
    else if (begins_digest(to, one))
      by_digest.push_back(one);
  }
  auto& found = by_version.empty() ? by_digest : by_version;
  if (found.empty()) return fail(no_such(question, all));
  RollbackChoice choice;
  if (found.size() > 1) {
    const std::string several = std::to_string(found.size()) + " releases are called " + to;
    const std::string all_of_them = listed(found);
    std::erase_if(found, [](const Candidate& one) { return !good(one); });
    if (by_version.empty() || found.empty())
      return fail(
          with_hint(error(Code::invalid, several + ": " + all_of_them), "give --to the beginning of the digest"));
    newest_to_front(found, answers, changes_of(question.survey, question.newest_first));
    choice.note =
        several + "; taking " + short_text(found.front().release) + ", the newest that was healthy, of: " + all_of_them;
  }
  choice.to = found.front();
  if (!by_version.empty()) choice.to->version = to;
  return choice;
}

// ---- the one before ----

// A version that names this release and no other; else the beginning of its digest.
std::string spoken(const Candidates& all, const ReleaseNames& names, const Candidate& one) {
  const auto same = std::count_if(all.begin(), all.end(),
                                  [&](const Candidate& other) { return names.is_settled(other.release, one.version); });
  return same == 1 && names.is_settled(one.release, one.version) ? one.version : short_text(one.release);
}

RollbackChoice nothing(const RollbackQuestion& question, const Candidates& all, const std::vector<Digest>& below,
                       const Digest& runs, const std::string& why) {
  RollbackChoice choice;
  choice.note = why;
  if (const Candidate* further = first_good(all, below, runs)) choice.further = spoken(all, question.names, *further);
  return choice;
}

// Nothing tells in which order they ran: what was staged before.
Result<RollbackChoice> choose_by_age(const Candidates& all) {
  const Candidate* left = max_run(all);
  for (const auto& one : all)
    if (&one != left && good(one) && (!left || one.staged_at < left->staged_at)) return RollbackChoice{one, false, {}};
  return fail(none_earlier(all));
}

Result<RollbackChoice> choose_after_rollback(const RollbackQuestion& question, const Candidates& all,
                                             const std::vector<Change>& changes) {
  const Change& last = changes.back();
  const std::string version = question.names.display(last.release);
  if (last.end == Change::End::complete)
    return nothing(question, all, stack_of(changes), last.release,
                   "the newest change was a rollback to " + version + ", and it is complete");
  const Candidate* same = find(all, last.release);
  if (same) return RollbackChoice{*same, true, "going on with the rollback to " + version + ", which is not complete"};
  return fail(with_hint(
      error(Code::not_found,
            "a rollback to " + version + " was begun, and no target keeps that release; available: " + listed(all)),
      "name another with --to, or deploy it with deploy --ref " + version));
}

Result<RollbackChoice> choose_after_deploy(const RollbackQuestion& question, const Candidates& all,
                                           const std::vector<Change>& changes) {
  const Change& last = changes.back();
  const auto before = stack_of({changes.begin(), changes.end() - 1});
  const Candidate* its_own = find(all, last.release);
  const bool some_run = its_own && its_own->running > 0 && (before.empty() || before.front() != last.release);
  if (last.end == Change::End::taken_back && !some_run)
    return nothing(
        question, all, before, before.empty() ? Digest{} : before.front(),
        "the newest change, a deploy of " + question.names.display(last.release) + ", was taken back already");
  const Candidate* ran = find(all, majority_before(question.survey, last.release));
  // What was left half way is undone even where the release that still runs elsewhere isn't known to be healthy.
  if (ran && (good(*ran) || last.end != Change::End::complete)) return RollbackChoice{*ran, false, {}};
  if (const Candidate* one = first_good(all, before, last.release)) return RollbackChoice{*one, false, {}};
  return fail(none_earlier(all));
}

}  // namespace

Candidates candidates(const FleetSurvey& survey, const ReleaseNames& names) {
  Candidates all;
  std::map<Digest, std::size_t> index;
  std::vector<Tally> tallies;
  for (const auto& one : survey) {
    if (!one.reply) continue;
    std::set<Digest> seen;  // a target counts once
    for (const auto& kept : one.reply->kept()) {
      const auto release = Digest::from_raw(kept.release());
      if (!release || !seen.insert(*release).second) continue;  // not ours: nothing tells that it was healthy
      const auto [at, fresh] = index.emplace(*release, all.size());
      if (fresh) {
        all.push_back({*release, Digest::from_raw(kept.artifact()).value_or(Digest{}), names.display(*release)});
        tallies.emplace_back();
      }
      auto& tally = tallies[at->second];
      ++all[at->second].targets;
      all[at->second].running += one.reply->current().release() == kept.release();
      tally.confirmed += kept.confirmed();
      tally.failed += kept.failed();
      if (kept.staged_at() != 0) tally.staged.push_back(kept.staged_at());
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].confirmed = tallies[i].confirmed * 2 > all[i].targets;
    all[i].failed_last = tallies[i].failed * 2 > all[i].targets;
    all[i].staged_at = median(std::move(tallies[i].staged));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Candidate& a, const Candidate& b) { return a.staged_at > b.staged_at; });
  return all;
}

Result<RollbackChoice> choose_rollback(const RollbackQuestion& question) {
  const auto all = candidates(question.survey, question.names);
  const auto answers = static_cast<std::size_t>(std::count_if(
      question.survey.begin(), question.survey.end(), [](const TargetSurvey& one) { return one.reply.has_value(); }));
  if (!question.to.empty()) return choose_named(question, all, answers);
  const auto changes = changes_of(question.survey, question.newest_first);
  if (changes.empty()) return choose_by_age(all);
  if (changes.back().kind == Change::Kind::rollback) return choose_after_rollback(question, all, changes);
  return choose_after_deploy(question, all, changes);
}

}  // namespace deployctl::rollout
