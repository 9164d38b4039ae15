// A release's version as plans write it: "{describe}", "2.1-{short}". Pure.
#pragma once

#include <string_view>

#include "core/base/result.hpp"

namespace deployctl::plans {

// Code::invalid: a placeholder that isn't {commit} {short} {tag} {describe} {date}, a brace without its other
// half.
Status check_version_template(std::string_view text);

}  // namespace deployctl::plans
