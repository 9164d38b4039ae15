// A mistyped word, or the beginning of one, and what was probably meant, as a half sentence. The plan language measures
// nearness. Pure; any thread.
#pragma once

#include <string>
#include <vector>

namespace deployctl::cli {

// "; did you mean 'build'?", or "" when no known word is near.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known);

}  // namespace deployctl::cli
