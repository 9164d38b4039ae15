#include "cli/output/reason_groups.hpp"

#include <algorithm>
#include <cctype>
#include <map>

#include "cli/output/human_format.hpp"

namespace deployctl::output {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_part_of_a_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Whether the name is a separate word: "web" is not part of "webhook".
bool is_word_at(const std::string& text, std::size_t at, std::size_t length) {
  const bool begins = at == 0 || !is_part_of_a_word(text[at - 1]);
  const bool ends = at + length >= text.size() || !is_part_of_a_word(text[at + length]);
  return begins && ends;
}

std::string key_of(std::string reason, const std::string& target) {
  for (auto at = reason.find(target); !target.empty() && at != std::string::npos; at = reason.find(target, at + 1))
    if (is_word_at(reason, at, target.size())) reason.replace(at, target.size(), "@");
  std::string key;
  for (const char c : reason)
    if (!is_digit(c))
      key += c;
    else if (key.empty() || key.back() != '#')
      key += '#';
  return key;
}

}  // namespace

std::vector<ReasonGroup> group_by_reason(const std::vector<std::pair<std::string, std::string>>& reasons) {
  std::vector<ReasonGroup> groups;
  std::map<std::string, std::size_t> known;
  for (const auto& [target, reason] : reasons) {
    const auto [at, added] = known.try_emplace(key_of(reason, target), groups.size());
    if (added) groups.push_back({reason, {}});
    groups[at->second].targets.push_back(target);
  }
  return groups;
}

std::string named(const std::vector<std::string>& targets, std::size_t max_named) {
  std::string out;
  for (std::size_t i = 0; i < std::min(targets.size(), max_named); ++i) out += (i == 0 ? "" : ", ") + targets[i];
  if (targets.size() > max_named) out += " and " + number(targets.size() - max_named) + " more";
  return out;
}

}  // namespace deployctl::output
