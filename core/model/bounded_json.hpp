// The only way in which JSON text becomes a value here. nlohmann's parser keeps its own stack, but copying, comparing
// and writing what it returns recurse once for each level, so text from another machine or from a file could use up the
// thread's stack. The nesting is therefore bounded before anything is allocated. Pure; any thread.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

namespace deployctl::model {

// Our own documents have at most six levels.
inline constexpr std::size_t max_json_depth = 100;

// A scan without allocation: whether arrays and objects are nested deeper than `depth`. Text that is no JSON is
// allowed.
bool is_nested_deeper(std::string_view text, std::size_t depth);

// Throws nlohmann::json::exception when the text is nested deeper than max_json_depth.
void check_json_depth(std::string_view text);
// Throws nlohmann::json::exception: not JSON, or nested deeper than max_json_depth.
template <class Json = nlohmann::json>
Json parse_json(std::string_view text) {
  check_json_depth(text);
  return Json::parse(text);
}
// The same without an exception: the result is_discarded().
template <class Json = nlohmann::json>
Json try_parse_json(std::string_view text) {
  if (is_nested_deeper(text, max_json_depth)) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, false);
}
// For documents whose numbers are all integers: also throws on a number with a fraction, an exponent or more than 64
// bits, whose conversion to an integer type would be undefined.
nlohmann::json parse_integer_json(std::string_view text);

}  // namespace deployctl::model
