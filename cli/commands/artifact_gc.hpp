// `deployctl artifact gc`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command artifact_gc_command();

}  // namespace deployctl::cli
