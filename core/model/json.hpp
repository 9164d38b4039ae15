// Reads and writes canonical JSON that is exchanged with other machines. Private to the module.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/model/bounded_json.hpp"

namespace deployctl::model::detail {

using Json = nlohmann::json;

// Turns nlohmann's exceptions into Code::invalid. Unknown keys are not detected here: callers compare the text with
// what they would write.
template <class T, class Read>
Result<T> read_json(std::string_view text, const char* what, Read read) {
  try {
    return read(parse_integer_json(text));
  } catch (const Json::exception& e) {
    return fail(Code::invalid, std::string(what) + " is not as expected: " + e.what());
  }
}

// Canonical: sorted keys (nlohmann's default), no spaces. Throws if a string is not UTF-8.
inline std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::strict); }

}  // namespace deployctl::model::detail
