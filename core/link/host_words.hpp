// What to do about a login that doesn't start the agent, by what the host printed. Pure.
#pragma once

#include <string>
#include <string_view>

namespace deployctl::link {

// For people, as an error's hint; never empty.
std::string advice_for(std::string_view words);

}  // namespace deployctl::link
