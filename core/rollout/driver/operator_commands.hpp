// What somebody says to a rollout from another terminal, and what earlier drivers of it got through: from the ledger's
// rows to what the machine takes. Pure, but for Ear.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/ledger/ledger.hpp"
#include "core/rollout/decision/machine.hpp"

namespace deployctl::rollout {

inline constexpr const char* approve_word = "approve";
inline constexpr const char* override_freeze_word = "override-freeze";

// Absent: a word that this version doesn't know.
std::optional<MachineEvent> event_of(const ledger::CommandRow& row);

// Waves that were finished, and approvals, from a rollout's events one after another.
class ResumeStateReader {
 public:
  void add(const ledger::EventRow& row);
  // `passes_pause`: a user resumed it where it had come to rest, so the pause that it rested at is done too.
  ResumeState past(const std::vector<ledger::CommandRow>& words, bool passes_pause) const;

 private:
  std::set<std::string> waves_done_;
  std::string resting_;  // the wave at whose pause it waits
};

// Hears what is said from now on. What the ledger can't tell is not heard: it is asked again anyway. Borrows the
// ledger.
class CommandFeed {
 public:
  CommandFeed(ledger::Ledger& ledger, std::string rollout, std::uint64_t after)
      : ledger_(&ledger), rollout_(std::move(rollout)), after_(after) {}
  std::vector<MachineEvent> operator()();

 private:
  ledger::Ledger* ledger_;
  std::string rollout_;
  std::uint64_t after_;
};

}  // namespace deployctl::rollout
