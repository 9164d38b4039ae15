// The known word that somebody may have meant. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace deployctl::text {

// Damerau and Levenshtein's distance with adjacent swaps: "verison" is 1 away from "version".
std::size_t distance(std::string_view a, std::string_view b);
// The nearest of `known`, if it is near enough to be a slip; else empty. Case and '-' for '_' don't count.
std::string nearest_word(std::string_view word, std::span<const std::string> known);
// "did you mean 'version'?", or "allowed: a, b, c" when nothing is near (at most 20 of them).
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace deployctl::text
