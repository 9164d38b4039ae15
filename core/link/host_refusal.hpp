// Converts what a host's shell printed when the agent could not be installed or run into an error. A full disk and
// missing permissions get their own codes, recognized by the system's error texts; anything else is
// Code::unreachable. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace deployctl::link {

Error host_refusal(std::string_view printed);

}  // namespace deployctl::link
