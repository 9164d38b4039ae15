// Reading JSON that comes from another machine: every key known, every type right, or Code::invalid. Private to the
// room.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/model/bounded_json.hpp"

namespace deployctl::model::detail {

using Json = nlohmann::json;

// nlohmann's exceptions end here.
template <class T, class Read>
Result<T> read_json(std::string_view text, const char* what, Read read) {
  try {
    return read(parse_integer_json(text));
  } catch (const Json::exception& e) {
    return fail(Code::invalid, std::string(what) + " is not as expected: " + e.what());
  }
}

// Canonical: keys sorted (nlohmann's objects are), no spaces; bytes that aren't UTF-8 are refused before.
inline std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::strict); }

}  // namespace deployctl::model::detail
