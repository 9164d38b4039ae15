// Groups targets by reason, so that a cause is reported once however many targets it affects. Reasons that differ only
// in numbers or in the target's own name count as equal. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace deployctl::output {

struct ReasonGroup {
  std::string reason;                // of the first target
  std::vector<std::string> targets;  // in the given order
};

// Takes pairs of a target's name and its reason. Groups are ordered by their first member.
std::vector<ReasonGroup> group_by_reason(const std::vector<std::pair<std::string, std::string>>& reasons);

// "t1, t2, t3 and 14 more"
std::string named(const std::vector<std::string>& targets, std::size_t max_named);

}  // namespace deployctl::output
