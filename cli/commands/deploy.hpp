// `deployctl deploy`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command deploy_command();

}  // namespace deployctl::cli
