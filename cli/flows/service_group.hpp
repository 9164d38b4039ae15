// Services of one plan that are deployed and rolled back as one: each is a rollout of its own, and the ledger knows by
// a common name which belong together.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/flows/service_preparation.hpp"

namespace deployctl::rollout {
struct RecordedRollout;
}

namespace deployctl::cli {

std::string new_group_id();

struct DoneService {
  const PreparedService* service = nullptr;
  bool touched = false;
};
// A service did not go through, and has been dealt with as its plan says. Where that was to roll back, those that were
// done before it go back too, the last one first. Answers the exit code.
Result<int> roll_back_completed(Context& context, const std::vector<DoneService>& done, const PreparedService& failed,
                                int code, const DeployOptions& options);

// Of each service its history, newest first: those that the newest deploy of several together has changed, whether it
// was rolled back since or not. Pure. Empty: the newest deploy that changed any of them was of one alone.
std::vector<std::size_t> changed_together(const std::vector<std::vector<rollout::RecordedRollout>>& histories);

// `one` for each service of the plan, in order; a line apart. The first code that is not 0.
int each_service(Context& context, const std::string& plan, const std::function<int(const std::string& named)>& one);

}  // namespace deployctl::cli
