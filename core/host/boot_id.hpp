// Identifies the current boot of this host: the kernel's random boot id. Any thread.
#pragma once

#include <string>

namespace deployctl::host {

// 36 characters; empty if /proc can't be read.
const std::string& boot_id();

}  // namespace deployctl::host
