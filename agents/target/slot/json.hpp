// JSON of the agent's own state files; nlohmann's exceptions don't leave this header. Private to the module; included
// by .cpp files only.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/model/bounded_json.hpp"

namespace deployctl::target {

using Json = nlohmann::json;

// Code::invalid, with the file's name, for a file that was edited by hand or damaged.
template <class T, class Read>
Result<T> read_json(std::string_view text, const std::string& what, Read read) {
  try {
    return read(model::parse_integer_json(text));
  } catch (const Json::exception& e) {
    return fail(Code::invalid, what + " is not as expected: " + e.what());
  }
}

// Replaces bytes that aren't UTF-8 (a hook's output, an odd path), which would otherwise make the whole line fail.
inline std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace deployctl::target
