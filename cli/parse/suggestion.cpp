#include "cli/parse/suggestion.hpp"

#include "core/text/nearest_word.hpp"

namespace deployctl::cli {

namespace {

constexpr std::size_t shortest_beginning = 2;

// "roll" gives "rollback": returns the only known word with this prefix; empty: none or several.
std::string only_begun_by(const std::string& word, const std::vector<std::string>& known) {
  if (word.size() < shortest_beginning || word.find_first_not_of('-') == std::string::npos) return {};
  std::string found;
  for (const auto& one : known) {
    if (!one.starts_with(word)) continue;
    if (!found.empty()) return {};
    found = one;
  }
  return found;
}

}  // namespace

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  std::string best = only_begun_by(word, known);
  if (best.empty()) best = text::nearest_word(word, known);
  return best.empty() ? "" : "; did you mean '" + best + "'?";
}

}  // namespace deployctl::cli
