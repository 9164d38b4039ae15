// Names and texts that several blocks share: each reader reports what is wrong at the value's place.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/model/activation.hpp"
#include "core/model/fleet.hpp"
#include "plans/keys/cursor.hpp"

namespace deployctl::plans {

// "[A-Za-z0-9][A-Za-z0-9._-]*": services, environments, regions, waves.
bool is_name(std::string_view text);
std::optional<std::string> read_name(const Cursor& at);
// A map of NAME: text. `reserved` are the names that the tool sets itself.
void read_env(const Cursor& at, std::span<const std::string_view> reserved, model::Environment& into);
std::optional<model::Selector> read_selector(const Cursor& at);
// Strings of commands or paths; no item may be empty.
bool read_texts(const Cursor& at, std::string_view example, std::vector<std::string>& into);

}  // namespace deployctl::plans
