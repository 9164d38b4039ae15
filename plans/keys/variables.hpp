// Detects variables that the author expected to be expanded. Plans have none, so "${HOME}/app" in a path would become a
// folder of that name on every target. Pure, except for the reported problem.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "plans/keys/cursor.hpp"

namespace deployctl::plans {

// Returns the first "${NAME}", "$(NAME)", "$NAME" or "{{ name }}" in a text; empty: none. `in_braces` skips plain
// "$NAME", because files may have names such as Outer$Inner.class.
std::string_view left_variable(std::string_view text, bool in_braces = false);

// Checks a text of the plan or fleet such as a path or a host. Reports a variable in it and returns false.
bool has_no_variable(const Cursor& at, std::string_view text, bool in_braces = false);

}  // namespace deployctl::plans
