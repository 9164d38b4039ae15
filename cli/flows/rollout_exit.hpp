// The exit code of a rollout, from how it ended: pure. Several reasons at once: 10, 4, 5, 8 in this order.
#pragma once

#include "core/rollout/driver/rollout_driver.hpp"

namespace deployctl::cli {

class Context;

// `interrupted`: the code of the signal that came (130, 143).
int exit_code(const rollout::RolloutReport& driven, int interrupted);
// Of a rollout that another process drove, by its last event.
int exit_code_of_end(const events::Event& finished);
// The same, and says why it never came to a rollout; one that began has told its end already.
int report(Context& context, const rollout::RolloutReport& driven);

}  // namespace deployctl::cli
