#include "core/rollout/rollback/release_names.hpp"

#include <algorithm>
#include <set>

namespace deployctl::rollout {
namespace {

using Names = std::vector<std::string>;

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void add_once(Names& names, const std::string& name) {
  if (!contains(names, name)) names.push_back(name);
}

std::set<std::string> reported(const protocol::pb::KeptRelease& kept) {
  std::set<std::string> names(kept.names().begin(), kept.names().end());
  if (!kept.version().empty()) names.insert(kept.version());
  return names;
}

// Each release that a target keeps, with all its names there: a target counts once, however often it lists a release.
std::map<Digest, std::set<std::string>> labels_of(const protocol::pb::Surveyed& survey) {
  std::map<Digest, std::set<std::string>> out;
  for (const auto& kept : survey.kept())
    if (const auto release = Digest::from_raw(kept.release())) out[*release].merge(reported(kept));
  return out;
}

// The names that more than half of the keepers report, the one that is the newest at most of them first.
Names of_majority(const ReleaseLabels& labels, const std::map<std::string, std::size_t>& newest) {
  Names out;
  for (const auto& [name, count] : labels.claims)
    if (count * 2 > labels.keepers) out.push_back(name);
  const auto votes = [&](const std::string& name) {
    const auto at = newest.find(name);
    return at == newest.end() ? 0 : at->second;
  };
  std::stable_sort(out.begin(), out.end(),
                   [&](const std::string& a, const std::string& b) { return votes(a) > votes(b); });
  return out;
}

}  // namespace

ReleaseNames ReleaseNames::settle(const FleetSurvey& survey, const std::vector<ledger::ReleaseName>& from_ledger) {
  ReleaseNames out;
  std::set<std::string> in_ledger;
  for (const auto& [release, version] : from_ledger) {
    auto& labels = out.labels_[release];
    labels.in_ledger = true;
    add_once(labels.settled, version);
    in_ledger.insert(version);
  }
  std::map<Digest, std::map<std::string, std::size_t>> newest;
  for (const auto& one : survey) {
    if (!one.reply) continue;
    for (const auto& [release, names] : labels_of(*one.reply)) {
      ++out.labels_[release].keepers;
      for (const auto& name : names) ++out.labels_[release].claims[name];
    }
    std::set<Digest> seen;
    for (const auto& kept : one.reply->kept())
      if (const auto release = Digest::from_raw(kept.release()); release && seen.insert(*release).second)
        ++newest[*release][kept.version()];
  }
  for (auto& [release, labels] : out.labels_)
    for (const auto& name : of_majority(labels, newest[release]))
      // The ledger knows this name as another release's, and this release under other names: it is not this one's.
      if (!labels.in_ledger || !in_ledger.contains(name)) add_once(labels.settled, name);
  return out;
}

bool ReleaseNames::is_settled(const Digest& release, const std::string& version) const {
  const auto at = labels_.find(release);
  return at != labels_.end() && contains(at->second.settled, version);
}

bool ReleaseNames::is_claimed(const Digest& release, const std::string& version) const {
  const auto at = labels_.find(release);
  return at != labels_.end() && at->second.claims.contains(version);
}

bool ReleaseNames::is_minority_claim(const Digest& release, const std::string& version) const {
  const auto at = labels_.find(release);
  if (at == labels_.end()) return false;
  const auto claims = at->second.claims.find(version);
  return claims != at->second.claims.end() && claims->second * 2 <= at->second.keepers;
}

std::string ReleaseNames::display(const Digest& release) const {
  const auto at = labels_.find(release);
  if (at == labels_.end()) return release.short8();
  if (!at->second.settled.empty()) return at->second.settled.front();
  const auto& claims = at->second.claims;
  const auto most =
      std::max_element(claims.begin(), claims.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == claims.end() ? release.short8() : most->first;
}

std::string ReleaseNames::display(const Digest& release, const std::string& reported) const {
  if (release.empty() || is_settled(release, reported)) return reported;
  const auto at = labels_.find(release);
  return at == labels_.end() || at->second.settled.empty() ? reported : at->second.settled.front();
}

bool ReleaseNames::belongs_to_another(const Digest& release, const std::string& version) const {
  return std::any_of(labels_.begin(), labels_.end(),
                     [&](const auto& one) { return one.first != release && contains(one.second.settled, version); });
}

std::string label_dispute(const ReleaseNames& names, const protocol::pb::Surveyed& survey, const Digest& goal,
                          const std::string& to) {
  const bool by_name = names.is_settled(goal, to);
  for (const auto& [release, labels] : labels_of(survey)) {
    const Digest& kept = release;
    const bool known =
        std::any_of(labels.begin(), labels.end(), [&](const auto& name) { return names.is_settled(kept, name); });
    for (const auto& name : labels) {
      if (names.is_settled(kept, name)) continue;
      const bool of_another = kept == goal ? names.belongs_to_another(kept, name) : names.is_settled(goal, name);
      const bool nameless = by_name && kept == goal && !known;
      if (!nameless && !(of_another && (!known || names.is_minority_claim(kept, name)))) continue;
      const std::string right = names.display(kept) == name ? "that is the name of " + goal.text().substr(0, 15)
                                                            : "its name is " + names.display(kept);
      return "it calls release " + kept.text().substr(0, 15) + " '" + name + "', and " + right;
    }
  }
  return {};
}

}  // namespace deployctl::rollout
