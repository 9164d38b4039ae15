// A fleet's past on paper, told rollout by rollout: the ledger's rows, and what each target would answer a survey with.
// Lies can be put into single targets' answers afterwards.
//
//   PaperHistory history(4);
//   history.deploys("v1").deploys("v2", RolloutState::aborted, {0});   // of which only target 0 was changed
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/rollout/rollback/release_order.hpp"

namespace deployctl::testing {

inline Digest release_digest(const std::string& content) { return sha256(content); }

class PaperHistory {
 public:
  using State = ledger::RolloutState;
  using Targets = std::vector<unsigned>;

  explicit PaperHistory(unsigned targets) : survey_(targets) {
    for (auto& one : survey_) one.reply.emplace();
  }

  PaperHistory& deploys(const std::string& version) { return deploys(version, State::succeeded, all()); }
  PaperHistory& deploys(const std::string& version, State state, const Targets& changed) {
    begin("deploy", version, version, state, changed);
    for (const auto t : changed) activate(t, version, version, "deploy");
    return *this;
  }
  // The version is not the content's name: what is deployed has that version and this content.
  PaperHistory& deploys_as(const std::string& version, const std::string& content) {
    begin("deploy", version, content, State::succeeded, all());
    for (const auto t : all()) activate(t, version, content, "deploy");
    return *this;
  }
  PaperHistory& deploys_and_takes_back(const std::string& version, const Targets& changed) {
    begin("deploy", version, version, State::rolled_back, changed);
    for (const auto t : changed) {
      const std::string before = current_version(t);
      activate(t, version, version, "deploy");
      activate(t, before, before, "revert");
    }
    return *this;
  }
  PaperHistory& deploys_and_reverts_itself(const std::string& version, const Targets& changed) {
    begin("deploy", version, version, State::rolled_back, changed);
    for (const auto t : changed) {
      add_kept(t, version, version);
      add_receipt(t, version, version, "deploy", "reverted");
      marks_failed(version, {t});
    }
    return *this;
  }
  PaperHistory& goes_back_to(const std::string& version) { return goes_back_to(version, State::succeeded, all()); }
  PaperHistory& goes_back_to(const std::string& version, State state, const Targets& changed) {
    begin("rollback", version, version, state, changed);
    for (const auto t : changed) activate(t, version, version, "rollback");
    return *this;
  }
  PaperHistory& converges_to(const std::string& version, const Targets& changed) {
    begin("converge", version, version, State::succeeded, changed);
    for (const auto t : changed) activate(t, version, version, "converge");
    return *this;
  }
  // A relay brings them to the newest rollout's release, under its name.
  PaperHistory& catches_up(const Targets& changed) {
    for (const auto t : changed) activate(t, grant_.version(), grant_.version(), "catch-up");
    return *this;
  }
  // What follows is not in this host's ledger.
  PaperHistory& from_another_host() {
    recording_ = false;
    return *this;
  }
  // The newest rollout's grants are alive.
  PaperHistory& holding() {
    for (auto& one : survey_) {
      one.reply->mutable_last_grant()->set_expires_in_ms(20'000);
      *one.reply->mutable_holder() = one.reply->last_grant();
    }
    return *this;
  }

  PaperHistory& names(const std::string& version, const std::string& further) {
    for (auto& one : survey_)
      each_kept(*one.reply, [&](auto& kept) {
        if (kept.version() != version) return;
        kept.add_names(version);
        kept.add_names(further);
        kept.set_version(further);
      });
    return *this;
  }
  PaperHistory& marks_failed(const std::string& content, const Targets& targets) {
    for (const auto t : targets)
      each_kept(*survey_[t].reply, [&](auto& kept) {
        if (kept.release() == release_digest(content).raw()) kept.set_failed(true), kept.set_confirmed(false);
      });
    return *this;
  }
  PaperHistory& marks_confirmed(const std::string& content, const Targets& targets) {
    for (const auto t : targets)
      each_kept(*survey_[t].reply, [&](auto& kept) {
        if (kept.release() == release_digest(content).raw()) kept.set_confirmed(true), kept.set_failed(false);
      });
    return *this;
  }
  PaperHistory& staged_anew(const std::string& content) {
    for (auto& one : survey_)
      each_kept(*one.reply, [&](auto& kept) {
        if (kept.release() == release_digest(content).raw()) kept.set_staged_at(1'000'000);
      });
    return *this;
  }

  // ---- lies ----
  PaperHistory& invents_rollout(unsigned target, const std::string& kind, const std::string& version,
                                std::uint64_t epoch) {
    auto& receipt = *survey_[target].reply->add_receipts();
    receipt.set_rollout("r-invented");
    receipt.set_epoch(epoch);
    receipt.set_kind(kind);
    receipt.set_outcome("active");
    receipt.set_release(release_digest(version).raw());
    return *this;
  }
  PaperHistory& invents_last_grant(unsigned target, const std::string& kind, const std::string& version,
                                   std::uint64_t epoch) {
    auto& reply = *survey_[target].reply;
    reply.set_epoch(epoch);
    auto& grant = *reply.mutable_last_grant();
    grant.set_rollout("r-invented");
    grant.set_epoch(epoch);
    grant.set_kind(kind);
    grant.set_release(release_digest(version).raw());
    return *this;
  }
  PaperHistory& claims_before(unsigned target, const std::string& version, const std::string& before) {
    for (auto& receipt : *survey_[target].reply->mutable_receipts())
      if (receipt.release() == release_digest(version).raw()) receipt.set_from_release(release_digest(before).raw());
    return *this;
  }
  PaperHistory& swaps_labels(unsigned target, const std::string& a, const std::string& b) {
    const auto swap = [&](auto& kept) {
      kept.set_version(kept.version() == a ? b : kept.version() == b ? a : kept.version());
    };
    each_kept(*survey_[target].reply, swap);
    return *this;
  }
  PaperHistory& keeps_too(unsigned target, const std::string& content, const std::string& version) {
    add_kept(target, version, content);
    marks_confirmed(content, {target});
    return *this;
  }

  // ---- the same with less known ----
  PaperHistory without_ledger() const {
    auto out = *this;
    out.recorded_.clear();
    out.names_.clear();
    return out;
  }
  // These know of no receipts and no last grant, and of no names.
  PaperHistory from_older_agents() const {
    auto out = *this;
    for (auto& one : out.survey_) {
      one.reply->clear_last_grant();
      one.reply->clear_receipts();
    }
    return out;
  }
  // The agent is new, what it reads was written by an older one.
  PaperHistory with_receipts_of_an_older_agent() const {
    auto out = *this;
    for (auto& one : out.survey_) {
      for (auto& receipt : *one.reply->mutable_receipts()) {
        receipt.clear_kind();
        receipt.clear_version();
        receipt.clear_from_release();
        receipt.clear_from_folder();
      }
      one.reply->mutable_last_grant()->clear_kind();
      one.reply->mutable_last_grant()->clear_release();
    }
    return out;
  }

  const rollout::FleetSurvey& survey() const { return survey_; }
  std::vector<rollout::RecordedRollout> recorded() const { return {recorded_.rbegin(), recorded_.rend()}; }
  const std::vector<ledger::ReleaseName>& ledger_names() const { return names_; }
  protocol::pb::Surveyed& reply(unsigned target) { return *survey_.at(target).reply; }

 private:
  template <class Change>
  static void each_kept(protocol::pb::Surveyed& reply, Change change) {
    for (auto& kept : *reply.mutable_kept()) change(kept);
    if (reply.has_current()) change(*reply.mutable_current());
  }
  Targets all() const {
    Targets out;
    for (unsigned t = 0; t < survey_.size(); ++t) out.push_back(t);
    return out;
  }
  std::string current_version(unsigned target) const { return survey_[target].reply->current().version(); }

  void begin(const std::string& kind, const std::string& version, const std::string& content, State state,
             const Targets& changed) {
    ++epoch_;
    grant_.Clear();
    grant_.set_rollout("r-" + std::to_string(epoch_));
    grant_.set_epoch(epoch_);
    grant_.set_kind(kind);
    grant_.set_release(release_digest(content).raw());
    grant_.set_version(version);
    for (auto& one : survey_) {
      one.reply->set_epoch(epoch_);
      one.reply->clear_holder();
      *one.reply->mutable_last_grant() = grant_;
    }
    if (!recording_) return;
    rollout::RecordedRollout recorded;
    recorded.row.id = grant_.rollout();
    recorded.row.kind = kind;
    recorded.row.version = version;
    recorded.row.release = release_digest(content);
    recorded.row.state = state;
    recorded.row.epoch = epoch_;
    recorded.changed = !changed.empty();
    recorded_.push_back(recorded);
    const ledger::ReleaseName name{release_digest(content), version};
    std::erase(names_, name);
    names_.insert(names_.begin(), name);
  }
  protocol::pb::KeptRelease& add_kept(unsigned target, const std::string& version, const std::string& content) {
    auto& reply = *survey_[target].reply;
    for (auto& kept : *reply.mutable_kept())
      if (kept.release() == release_digest(content).raw()) return kept;
    auto& kept = *reply.add_kept();
    kept.set_version(version);
    kept.set_folder(version + "-" + release_digest(content).short8());
    kept.set_release(release_digest(content).raw());
    kept.set_staged_at(staged_ += 1000);
    return kept;
  }
  void add_receipt(unsigned target, const std::string& version, const std::string& content, const std::string& kind,
                   const std::string& outcome) {
    auto& reply = *survey_[target].reply;
    auto& receipt = *reply.add_receipts();
    receipt.set_rollout(grant_.rollout());
    receipt.set_epoch(grant_.epoch());
    receipt.set_kind(kind);
    receipt.set_outcome(outcome);
    receipt.set_version(version);
    receipt.set_release(release_digest(content).raw());
    receipt.set_from_release(reply.current().release());
    receipt.set_from_folder(reply.current().folder());
  }
  void activate(unsigned target, const std::string& version, const std::string& content, const std::string& kind) {
    add_receipt(target, version, content, kind, "active");
    auto& kept = add_kept(target, version, content);
    kept.set_confirmed(true);
    kept.set_failed(false);
    *survey_[target].reply->mutable_current() = kept;
  }

  rollout::FleetSurvey survey_;
  std::vector<rollout::RecordedRollout> recorded_;  // oldest first
  std::vector<ledger::ReleaseName> names_;          // newest first
  protocol::pb::Holder grant_;
  std::uint64_t epoch_ = 0;
  std::int64_t staged_ = 0;
  bool recording_ = true;
};

}  // namespace deployctl::testing
