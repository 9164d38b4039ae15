// `deployctl artifact list` and `deployctl artifact show`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command artifact_list_command();
Command artifact_show_command();

}  // namespace deployctl::cli
