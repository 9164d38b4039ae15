// What a deploy or a rollback is about to do, as the person sees it who is asked: from which versions to which, how
// many targets, in which waves, and whose rollout it would end. Pure.
#pragma once

#include <map>
#include <string>

#include "cli/output/line.hpp"
#include "core/rollout/decision/rollout_spec.hpp"

namespace deployctl::rollout {
struct RollbackPreview;
}

namespace deployctl::cli {

struct ChangePreview {
  std::string service, environment;
  std::string to;                           // a version; empty: to nothing
  std::map<std::string, unsigned> running;  // by version, the targets that run it now; "": no release of ours
  unsigned unanswered = 0;
  std::string holder;  // of a rollout that would end; empty: none
  std::string note{};  // what was decided about the release; may be empty

  static ChangePreview of(const std::string& service, const std::string& environment,
                          const rollout::RollbackPreview& preview);
};

// `verb`: "deploy", "roll back". `width`: of the terminal; longer lines are broken and indented.
output::Lines preview_lines(const std::string& verb, const ChangePreview& preview, const rollout::RolloutSpec& spec,
                            std::size_t width);

}  // namespace deployctl::cli
