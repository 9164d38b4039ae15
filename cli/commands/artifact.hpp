// `deployctl artifact`: the commands for what the local store contains.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command artifact_command();

}  // namespace deployctl::cli
