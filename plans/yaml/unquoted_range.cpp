#include "plans/yaml/unquoted_range.hpp"

#include <cctype>
#include <sstream>
#include <string_view>

namespace deployctl::plans {
namespace {

constexpr std::string_view ends_a_word = " \t{},:\"'";
constexpr int lines_looked_at = 5;

// Returns the range in the word that begins at `word` and has its first bracket at `bracket`; empty if it is not a
// range.
std::string_view range_at(std::string_view line, std::size_t word, std::size_t bracket) {
  const auto close = line.find(']', bracket);
  if (close == std::string_view::npos || !std::isdigit(static_cast<unsigned char>(line[bracket + 1]))) return {};
  if (line.substr(bracket, close - bracket).find_first_of(" {}") != std::string_view::npos) return {};
  std::size_t end = close + 1;
  while (end < line.size() && line[end] != ']' && ends_a_word.find(line[end]) == std::string_view::npos)
    end = line[end] == '[' && line.find(']', end) != std::string_view::npos ? line.find(']', end) + 1 : end + 1;
  return line.substr(word, end - word);
}

std::string_view range_in(std::string_view line) {
  std::size_t word = 0;
  char quote = 0;
  bool in_braces = false;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
      continue;
    }
    if ((c == '"' || c == '\'') && word == i) quote = c;
    in_braces = in_braces || c == '{';
    if (ends_a_word.find(c) != std::string_view::npos) word = i + 1;
    if (c != '[' || !in_braces) continue;
    if (word == i) {
      word = i + 1;
      continue;
    }
    const auto range = range_at(line, word, i);
    if (!range.empty()) return range;
  }
  return {};
}

}  // namespace

std::optional<UnquotedRange> unquoted_range_before(const std::string& text, int line) {
  std::istringstream in(text);
  std::optional<UnquotedRange> found;
  std::string one;
  for (int number = 0; number <= line && std::getline(in, one); ++number) {
    if (number + lines_looked_at < line) continue;
    const auto range = range_in(one);
    if (!range.empty())
      found = UnquotedRange{std::string(range), static_cast<unsigned>(number) + 1,
                            static_cast<unsigned>(range.data() - one.data()) + 1};
  }
  return found;
}

}  // namespace deployctl::plans
