// Readers of names and texts that several blocks share. Each reports problems at the position of the value.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/model/activation.hpp"
#include "core/model/fleet.hpp"
#include "plans/keys/cursor.hpp"

namespace deployctl::plans {

// "[A-Za-z0-9][A-Za-z0-9._-]*": the names of services, environments, regions and waves.
bool is_name(std::string_view text);
std::optional<std::string> read_name(const Cursor& at);
// Reads a map of NAME: text. `reserved` lists the names that deployctl sets itself.
void read_env(const Cursor& at, std::span<const std::string_view> reserved, model::Environment& into);
std::optional<model::Selector> read_selector(const Cursor& at);
// Reads a list of commands or paths; no item may be empty.
bool read_texts(const Cursor& at, std::string_view example, std::vector<std::string>& into);

}  // namespace deployctl::plans
