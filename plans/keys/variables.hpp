// Variables that the author expected to be replaced: a plan has none, so "${HOME}/app" in a path would become a folder
// of that name on every target. Pure but for what it reports.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "plans/keys/cursor.hpp"

namespace deployctl::plans {

// The first "${NAME}", "$NAME" or "{{ name }}" of a text; empty: there is none. `in_braces` looks for those with braces
// only: files may be called Outer$Inner.class.
std::string_view left_variable(std::string_view text, bool in_braces = false);

// A text that is a path or a host of the plan or fleet: reports a variable in it. False: there is one.
bool has_no_variable(const Cursor& at, std::string_view text, bool in_braces = false);

}  // namespace deployctl::plans
