// Which release a rollback by hand goes to, or that it changes nothing: from what the targets keep and report, and from
// this host's ledger. Pure; values.
//
//   the newest change is a deploy, whole or not     -> to what ran before it
//   it is a rollback that is not complete           -> on to the same release
//   it is a complete rollback, or a deploy that its own rollout took back   -> nothing changes; what `--to` would go
//   further is named
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/rollout/rollback/release_names.hpp"
#include "core/rollout/rollback/release_order.hpp"

namespace deployctl::rollout {

// A release that some target keeps. What most of its keepers report is so: a single one decides nothing for the others.
struct Candidate {
  Digest release;
  Digest artifact;
  std::string version;         // for people (ReleaseNames::display)
  std::size_t targets = 0;     // keep it
  std::size_t running = 0;     // run it now
  bool confirmed = false;      // was healthy once
  bool failed_last = false;    // its last activation was reverted
  std::int64_t staged_at = 0;  // ms since 1970, the median
};
std::vector<Candidate> candidates(const FleetSurvey& survey, const ReleaseNames& names);  // newest first

struct RollbackQuestion {
  const FleetSurvey& survey;
  const ReleaseNames& names;
  const std::vector<RecordedRollout>& newest_first;  // of the ledger; empty where there is none
  std::string to;  // a version, or the beginning of a release digest; empty: the one before
};

struct RollbackChoice {
  std::optional<Candidate> to;  // absent: nothing is to be changed
  bool continues = false;       // a rollback to it was begun and is not complete
  std::string note;             // for people; empty: nothing to say
  std::string further{};  // where nothing is to be changed: `--to` of it goes further back; empty: there is nothing
};

// Code::absent: there is no such release, saying what is kept; Code::invalid: `to` names several releases, or the
// targets disagree about what it names.
Result<RollbackChoice> choose_rollback(const RollbackQuestion& question);

}  // namespace deployctl::rollout
