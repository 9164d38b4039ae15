// Who runs this process. getpwuid can't be had in a static program, so /etc/passwd is read. Private to the
// room.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace deployctl::host {

Result<std::string> own_user();  // by /etc/passwd, else LOGNAME, else USER
Result<std::string> own_home();  // HOME, else by /etc/passwd
// "~" and "~/..." of this user; anything else as it is.
std::string expand_home(const std::string& path);

}  // namespace deployctl::host
