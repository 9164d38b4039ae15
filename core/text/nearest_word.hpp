// Suggests the known word that the user probably meant. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace deployctl::text {

// Damerau-Levenshtein distance (optimal string alignment): "verison" is 1 away from "version".
std::size_t distance(std::string_view a, std::string_view b);
// The nearest word in `known` if it is close enough to be a typo, else empty. Ignores case; '-' equals '_'.
std::string nearest_word(std::string_view word, std::span<const std::string> known);
// "did you mean 'version'?", or "allowed: a, b, c" (at most 20 words) if none is close.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace deployctl::text
