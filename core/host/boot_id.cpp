#include "core/host/boot_id.hpp"

#include "core/io/files.hpp"

namespace deployctl::host {

const std::string& boot_id() {
  static const std::string id = io::read_file("/proc/sys/kernel/random/boot_id", 64).value_or("").substr(0, 36);
  return id;
}

}  // namespace deployctl::host
