// The user that runs this process. Reads /etc/passwd, because getpwuid is not available in a static program.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace deployctl::host {

Result<std::string> own_user();  // from /etc/passwd, else LOGNAME, else USER
Result<std::string> own_home();  // from HOME, else /etc/passwd
// Expands "~" and "~/..." for this user; other paths are returned unchanged.
std::string expand_home(const std::string& path);

}  // namespace deployctl::host
