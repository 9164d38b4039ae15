#include "tests/support/temp_dir.hpp"

#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace deployctl::testing {
namespace fs = std::filesystem;

TempDir::TempDir() {
  const char* base = ::getenv("TMPDIR");
  path_ = std::string(base && *base ? base : "/tmp") + "/deployctl-test-XXXXXX";
  if (!::mkdtemp(path_.data())) throw std::system_error(errno, std::generic_category(), "mkdtemp " + path_);
}

TempDir::~TempDir() {
  if (!path_.empty()) remove_tree(path_);
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

std::string TempDir::write(std::string_view name, std::string_view text, unsigned mode) const {
  const std::string path = *this / name;
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out || ::chmod(path.c_str(), mode) != 0)
    throw std::system_error(errno, std::generic_category(), "write " + path);
  return path;
}

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::system_error(errno, std::generic_category(), "read " + path);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

void remove_tree(const std::string& path) noexcept {
  std::error_code ec;
  // An ordinary user can't empty a folder without w and x, nor look into one without r.
  if (fs::is_directory(fs::symlink_status(path, ec))) {
    fs::permissions(path, fs::perms::owner_all, fs::perm_options::add, ec);
    for (fs::directory_iterator i(path, ec), end; !ec && i != end; i.increment(ec))
      if (i->is_directory(ec) && !i->is_symlink(ec)) remove_tree(i->path());
  }
  fs::remove_all(path, ec);
}

}  // namespace deployctl::testing
