// What a host's shell printed where the agent could not be installed or run, as an error: a full disk and missing
// rights get their codes, by the system's own words for them; all else is Code::unreachable. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace deployctl::link {

Error host_refusal(std::string_view printed);

}  // namespace deployctl::link
