#include "plans/keys/variables.hpp"

#include <fmt/format.h>

#include <cctype>

namespace deployctl::plans {
namespace {

bool is_name_part(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

}  // namespace

std::string_view left_variable(std::string_view text, bool in_braces) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("${") || rest.starts_with("$("))
      return rest.substr(0, std::min(rest.find_first_of("})"), rest.size() - 1) + 1);
    if (rest.starts_with("{{")) return rest.substr(0, std::min(rest.find("}}"), rest.size() - 2) + 2);
    if (in_braces || rest[0] != '$' || !is_name_part(rest[1]) || std::isdigit(static_cast<unsigned char>(rest[1])))
      continue;
    std::size_t end = 1;
    while (end < rest.size() && is_name_part(rest[end])) ++end;
    return rest.substr(0, end);
  }
  return {};
}

bool has_no_variable(const Cursor& at, std::string_view text, bool in_braces) {
  const std::string_view left = left_variable(text, in_braces);
  if (left.empty()) return true;
  at.problem(
      fmt::format("'{}' holds '{}', which nothing replaces: plans and fleets have no variables", at.path(), left),
      "write the value out, or give it with --set where the plan is used");
  return false;
}

}  // namespace deployctl::plans
