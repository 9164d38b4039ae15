// Checks the version of a release as plans write it: "{describe}", "2.1-{short}". Pure.
#pragma once

#include <string_view>

#include "core/base/result.hpp"

namespace deployctl::plans {

// Code::invalid: a placeholder other than {commit} {short} {tag} {describe} {date}, or an unbalanced brace.
Status check_version_template(std::string_view text);

}  // namespace deployctl::plans
