// What each release is called. A digest names a release; a version is a label that the ledger and every target keep for
// themselves. One target that swaps two labels must not decide what `--to VERSION` means for the others: the ledger's
// name for a digest is settled, else the name that most of the targets keeping it report. Pure; values.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/rollout/survey/fleet_survey.hpp"

namespace deployctl::rollout {

// The names of one release, and by how many targets they are reported.
struct ReleaseLabels {
  std::vector<std::string> settled;           // the newest first; empty: the ledger knows none and the targets disagree
  std::map<std::string, std::size_t> claims;  // every name that some target reports, with the number of those targets
  std::size_t keepers = 0;
  bool in_ledger = false;
};

class ReleaseNames {
 public:
  // `from_ledger`: the newest first, as Ledger::release_names() returns them.
  static ReleaseNames settle(const FleetSurvey& survey, const std::vector<ledger::ReleaseName>& from_ledger);

  bool is_settled(const Digest& release, const std::string& version) const;
  // Some target calls it so.
  bool is_claimed(const Digest& release, const std::string& version) const;
  // So do half of the targets that keep it at most.
  bool is_minority_claim(const Digest& release, const std::string& version) const;
  // For people: the newest settled name; where there is none, the one that most targets report.
  std::string display(const Digest& release) const;
  // The same for a version that a target reports: itself where it is settled.
  std::string display(const Digest& release, const std::string& reported) const;
  // A release, other than this one, that is settled under the version.
  bool belongs_to_another(const Digest& release, const std::string& version) const;

 private:
  std::map<Digest, ReleaseLabels> labels_;
};

// What is wrong with what a target calls `goal`; empty: nothing. Chosen by a name (`to` is a version), it must know the
// goal under a settled name. However it was chosen, the target must not call the goal by another release's name, nor
// another release by the goal's, unless most targets do the same: then the version was deployed with two contents.
std::string label_dispute(const ReleaseNames& names, const protocol::pb::Surveyed& survey, const Digest& goal,
                          const std::string& to);

}  // namespace deployctl::rollout
