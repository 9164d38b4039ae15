#include "agents/target/free_space.hpp"

#include <sys/statvfs.h>

#include <cstdio>

#include "core/io/files.hpp"

namespace deployctl::target {

std::optional<std::uint64_t> free_bytes(std::string path) {
  while (!io::exists(path)) path = io::parent_dir(path);
  struct statvfs st {};
  if (::statvfs(path.c_str(), &st) != 0) return {};
  return static_cast<std::uint64_t>(st.f_bavail) * st.f_frsize;
}

std::string megabytes(std::uint64_t bytes) {
  char text[40];
  std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

}  // namespace deployctl::target
