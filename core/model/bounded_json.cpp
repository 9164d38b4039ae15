#include "core/model/bounded_json.hpp"

#include <algorithm>
#include <string>

namespace deployctl::model {
namespace {

using Json = nlohmann::json;

// The recursion is bounded, because the text was not nested deeper than max_json_depth.
bool has_float(const Json& json) {
  if (json.is_number_float()) return true;
  if (!json.is_structured()) return false;
  return std::any_of(json.begin(), json.end(), has_float);
}

[[noreturn]] void refuse(const std::string& why) { throw Json::other_error::create(502, why, nullptr); }

}  // namespace

bool is_nested_deeper(std::string_view text, std::size_t depth) {
  std::size_t open = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++open > depth) return true;
    } else if ((c == ']' || c == '}') && open > 0) {
      --open;
    }
  }
  return false;
}

void check_json_depth(std::string_view text) {
  if (is_nested_deeper(text, max_json_depth))
    refuse("nested deeper than " + std::to_string(max_json_depth) + " levels");
}

Json parse_integer_json(std::string_view text) {
  Json json = parse_json(text);
  if (has_float(json)) refuse("a number is not an integer of 64 bits");
  return json;
}

}  // namespace deployctl::model
