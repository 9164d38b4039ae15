// Whether the secrets that a rollout will need can be read: seen before anything is changed, rather than at the first
// gate. Each is read again when it is used. Blocking.
#pragma once

#include <vector>

#include "core/base/result.hpp"
#include "core/model/plan.hpp"

namespace deployctl::cli {

// Of the plan's gates and of --notify. Code::invalid names the source, never the value.
Status check_secrets(const model::Plan& plan, const std::vector<model::SecretSource>& notify = {});

}  // namespace deployctl::cli
