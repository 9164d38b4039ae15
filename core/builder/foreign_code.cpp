#include "core/builder/foreign_code.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace deployctl::builder {
namespace {

std::string user_name(uid_t id) {
  const passwd* entry = ::getpwuid(id);
  return entry && entry->pw_name ? entry->pw_name : "user " + std::to_string(id);
}

std::string consequence() {
  return ": its steps run as " + user_name(::geteuid()) +
         " and can read and change all that this user can (deployctl-build(1), SECURITY CONSIDERATIONS)";
}

}  // namespace

std::string foreign_code_note(const git::Url& repository, bool known) {
  if (repository.kind != git::Url::Kind::local)
    return known ? "" : "the first build of " + repository.shown() + " here" + consequence();
  struct stat st {};
  if (::stat(repository.path.c_str(), &st) != 0 || st.st_uid == ::geteuid()) return "";
  return "repository " + repository.path + " belongs to " + user_name(st.st_uid) + consequence();
}

}  // namespace deployctl::builder
