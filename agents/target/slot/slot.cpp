#include "agents/target/slot/slot.hpp"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>

#include "agents/target/slot/json.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/beneath.hpp"
#include "core/io/files.hpp"
#include "core/io/trusted_path.hpp"

namespace deployctl::target {
namespace {

Error not_ours(const std::string& path, const Identity& owner) {
  return with_hint(error(Code::refused, path + " belongs to " + owner.text()),
                   "give this service a deploy_to of its own");
}

Result<std::string> link_text(const std::string& path) {
  char text[PATH_MAX];
  const ssize_t n = ::readlink(path.c_str(), text, sizeof text);
  if (n < 0) return fail(os_error(errno, "read link " + path));
  return std::string(text, static_cast<std::size_t>(n));
}

}  // namespace

bool plain_name(const std::string& name) {
  if (name.empty() || name.size() > 255 || name.front() == '.') return false;
  for (const char c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && std::string_view("._+-").find(c) == std::string_view::npos)
      return false;
  return true;
}

Result<Slot> Slot::at(const std::string& deploy_to, const std::string& home) {
  std::string path = deploy_to.starts_with("~/") ? home + deploy_to.substr(1) : deploy_to;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const auto bad = [&](const std::string& why) {
    return fail(with_hint(error(Code::invalid, "deploy_to \"" + deploy_to + "\" " + why),
                          "name an absolute folder of the service's own, such as /srv/NAME"));
  };
  if (path.empty() || path.front() != '/') return bad("is not absolute");
  if (path == "/") return bad("is the root folder");
  if (!io::check_relative(path.substr(1))) return bad("has an empty, \".\" or \"..\" component");
  return Slot(path);
}

// The agent trusts what it reads beneath deploy_to: it completes journals and runs hooks. It may do so only if no other
// user could have written there.
Status Slot::check_trusted() const { return io::check_trusted(path_, {".deployctl", "releases"}); }

Result<std::optional<Identity>> Slot::identity() const {
  DEPLOYCTL_CHECK(check_trusted());
  const std::string file = state("identity.json");
  auto text = io::read_own_file(file);
  if (!text && text.error().code == Code::not_found) return std::optional<Identity>{};
  if (!text) return fail(text.error());
  const auto read = [](const Json& json) {
    return Identity{json.at("service").get<std::string>(), json.at("environment").get<std::string>()};
  };
  DEPLOYCTL_TRY(identity, read_json<Identity>(*text, file, read));
  return std::optional(std::move(identity));
}

Status Slot::claim(const Identity& wanted) const {
  DEPLOYCTL_TRY(owner, identity());
  if (owner && *owner != wanted) return fail(not_ours(path_, *owner));
  DEPLOYCTL_CHECK(io::make_dirs(releases()));
  DEPLOYCTL_CHECK(io::make_dirs(shared()));
  // Environments may contain secrets, so metadata about releases is readable by the owner only.
  DEPLOYCTL_CHECK(io::make_dirs(path_ + "/.deployctl", 0700));
  DEPLOYCTL_CHECK(io::make_dirs(state("hooks"), 0700));
  DEPLOYCTL_CHECK(io::make_dirs(state("releases"), 0700));
  // Another user may have created in the meantime what was missing before.
  DEPLOYCTL_CHECK(check_trusted());
  if (owner) return {};
  const Json json{{"service", wanted.service}, {"environment", wanted.environment}};
  DEPLOYCTL_CHECK(io::write_file(state("identity.json"), dump(json) + "\n"));
  return io::fsync_dir(path_);
}

Status Slot::check_identity(const Identity& wanted) const {
  DEPLOYCTL_TRY(owner, identity());
  if (!owner) return fail(with_hint(error(Code::not_found, path_ + " is nobody's yet"), "take a grant first"));
  if (*owner != wanted) return fail(not_ours(path_, *owner));
  return {};
}

Result<std::optional<std::string>> Slot::current_folder() const {
  const std::string link = current();
  struct stat st {};
  if (::lstat(link.c_str(), &st) != 0) {
    if (errno == ENOENT) return std::optional<std::string>{};
    return fail(os_error(errno, "look at " + link));
  }
  if (!S_ISLNK(st.st_mode))
    return fail(with_hint(error(Code::refused, link + " is a real folder or file, where a link is expected"),
                          "move it into " + releases() + " and link to it, or use another deploy_to"));
  DEPLOYCTL_TRY(text, link_text(link));
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  for (const std::string& prefix : {std::string("releases/"), std::string("./releases/"), releases() + "/"})
    if (text.starts_with(prefix) && text.size() > prefix.size() && text.find('/', prefix.size()) == std::string::npos)
      return std::optional(text.substr(prefix.size()));
  return fail(with_hint(error(Code::refused, link + " points to " + text + ", which is not in " + releases()),
                        "link it to a folder in " + releases() + ", or remove it"));
}

}  // namespace deployctl::target
