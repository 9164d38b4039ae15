#include "cli/commands/nearest.hpp"

#include "plans/nearest_word.hpp"

namespace deployctl::commands {

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  const auto best = plans::nearest_word(word, known);
  return best.empty() ? "" : "; did you mean '" + best + "'?";
}

}  // namespace deployctl::commands
