// `deployctl artifact verify` and `deployctl artifact export`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command artifact_verify_command();
Command artifact_export_command();

}  // namespace deployctl::cli
