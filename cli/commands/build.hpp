// `deployctl build`.
#pragma once

#include "cli/parse/command.hpp"

namespace deployctl::cli {

Command build_command();

}  // namespace deployctl::cli
