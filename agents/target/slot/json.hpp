// Our own state files are JSON; nlohmann's exceptions end here. Private to the room; included by .cpp files only.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/model/bounded_json.hpp"

namespace deployctl::target {

using Json = nlohmann::json;

// A file that was edited by hand or broken by a disk is Code::invalid, with its name.
template <class T, class Read>
Result<T> read_json(std::string_view text, const std::string& what, Read read) {
  try {
    return read(model::parse_integer_json(text));
  } catch (const Json::exception& e) {
    return fail(Code::invalid, what + " is not as expected: " + e.what());
  }
}

// Bytes that aren't UTF-8 (a hook's words, a strange path) are replaced rather than lost with the whole line.
inline std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace deployctl::target
