// Suggests the word that a mistyped or abbreviated word probably means. core/text/nearest_word.hpp defines nearness.
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

namespace deployctl::cli {

// Returns "; did you mean 'build'?", or "" if no known word is near.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known);

}  // namespace deployctl::cli
