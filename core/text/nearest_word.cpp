#include "core/text/nearest_word.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deployctl::text {
namespace {

// Longer words are not typos of a keyword, and the distance takes quadratic time.
constexpr std::size_t longest = 64;

std::string folded(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::string nearest_word(std::string_view word, std::span<const std::string> known) {
  if (word.size() > longest) return {};
  const std::string wanted = folded(word);
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& candidate : known) {
    if (candidate.size() > longest) continue;
    const auto away = distance(wanted, folded(candidate));
    if (away >= best_distance || away >= candidate.size()) continue;
    best_distance = away;
    best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  if (const auto near = nearest_word(word, known); !near.empty()) return fmt::format("did you mean '{}'?", near);
  if (known.empty()) return {};
  const auto listed = known.first(std::min<std::size_t>(known.size(), 20));
  return fmt::format("allowed: {}{}", fmt::join(listed, ", "), listed.size() < known.size() ? ", ..." : "");
}

}  // namespace deployctl::text
