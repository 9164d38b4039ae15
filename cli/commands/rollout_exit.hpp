// The exit code of a rollout, from how it ended: pure. Several reasons at once: 10, 4, 5, 8 in this order.
#pragma once

#include "core/rollout/drive.hpp"

namespace deployctl::commands {

// `interrupted`: the code of the signal that came (130, 143).
int exit_code(const rollout::Driven& driven, int interrupted);

}  // namespace deployctl::commands
