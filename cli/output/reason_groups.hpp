// Targets with the same trouble, put together, so that one cause is reported once however many targets have it. Reasons
// that differ in numbers or in the target's own name only are the same. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace deployctl::output {

struct ReasonGroup {
  std::string reason;                // of the first
  std::vector<std::string> targets;  // in the order given
};

// Pairs of a target's name and its reason. Groups are in the order in which the first of each came.
std::vector<ReasonGroup> group_by_reason(const std::vector<std::pair<std::string, std::string>>& reasons);

// "t1, t2, t3 and 14 more"
std::string named(const std::vector<std::string>& targets, std::size_t max_named);

}  // namespace deployctl::output
