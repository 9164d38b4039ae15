// Where a target is to be brought: a release by its digest, a folder there that we didn't make, or nothing at all.
#pragma once

#include <string>

#include "core/base/digest.hpp"
#include "core/ledger/ledger.hpp"

namespace deployctl::rollout {

struct Goal {
  Digest release;       // empty with an empty folder: nothing is to run
  std::string folder;   // only without a release
  std::string version;  // for people
  bool nothing() const { return release.empty() && folder.empty(); }
};

inline Goal goal_of(const ledger::Baseline& baseline) {
  if (!baseline.release.empty()) return {baseline.release, {}, baseline.version};
  return {{}, baseline.folder, baseline.version};
}

}  // namespace deployctl::rollout
