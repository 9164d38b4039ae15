#include "core/remote/agent_image.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace deployctl::remote {
namespace {

bool is_program(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

}  // namespace

Result<AgentImage> AgentImage::load(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return fail(os_error(errno, "agent " + path));
  if (!S_ISREG(st.st_mode) || st.st_size == 0) return fail(Code::invalid, "agent " + path + " is no program");
  AgentImage image;
  image.path = path;
  image.size = static_cast<std::uint64_t>(st.st_size);
  DEPLOYCTL_TRY(digest, sha256_file(path));
  image.digest = digest;
  return image;
}

Result<std::string> find_agent() {
  if (const char* named = std::getenv("DEPLOYCTL_AGENT"); named && *named) {
    if (is_program(named)) return std::string(named);
    return fail(Code::not_found, std::string("DEPLOYCTL_AGENT names no program: ") + named);
  }
  std::error_code ec;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ec);
  if (ec) return fail(os_error(ec.value(), "read /proc/self/exe"));
  const std::string beside = self.parent_path() / "deploy-agent";
  const std::string libexec = (self.parent_path().parent_path() / "libexec/deployctl/deploy-agent");
  for (const auto& path : {beside, libexec})
    if (is_program(path)) return path;
  return fail(with_hint(error(Code::not_found, "no deploy-agent at " + beside + " or " + libexec),
                        "install it beside deployctl, or name it in DEPLOYCTL_AGENT"));
}

}  // namespace deployctl::remote
