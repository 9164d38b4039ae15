// Which boot of this host it is: the kernel's random id, new at each boot. Any thread.
#pragma once

#include <string>

namespace deployctl::host {

// 36 characters; empty where /proc can't be read.
const std::string& boot_id();

}  // namespace deployctl::host
