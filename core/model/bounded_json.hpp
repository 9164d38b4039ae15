// All JSON text is parsed through these functions. nlohmann's parser doesn't recurse, but copying, comparing and
// writing its values recurse once per level, so deeply nested text from another machine or a file could overflow the
// thread's stack. The depth is therefore checked before anything is allocated. Pure; any thread.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

namespace deployctl::model {

// deployctl's own documents have at most six levels.
inline constexpr std::size_t max_json_depth = 100;

// Whether arrays and objects are nested deeper than `depth`. Scans without allocating; accepts text that isn't JSON.
bool is_nested_deeper(std::string_view text, std::size_t depth);

// Throws nlohmann::json::exception if the text is nested deeper than max_json_depth.
void check_json_depth(std::string_view text);
// Throws nlohmann::json::exception if the text is not JSON or nested deeper than max_json_depth.
template <class Json = nlohmann::json>
Json parse_json(std::string_view text) {
  check_json_depth(text);
  return Json::parse(text);
}
// The same without exceptions: on an error the result is_discarded().
template <class Json = nlohmann::json>
Json try_parse_json(std::string_view text) {
  if (is_nested_deeper(text, max_json_depth)) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, false);
}
// For documents whose numbers are all integers. Also throws on a number with a fraction, an exponent or more than 64
// bits, because converting it to an integer type would be undefined.
nlohmann::json parse_integer_json(std::string_view text);

}  // namespace deployctl::model
