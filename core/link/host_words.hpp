// Advice for a login that does not start the agent, based on what the host printed. Pure.
#pragma once

#include <string>
#include <string_view>

namespace deployctl::link {

// Returns text for the hint of an error; never empty.
std::string advice_for(std::string_view words);

}  // namespace deployctl::link
