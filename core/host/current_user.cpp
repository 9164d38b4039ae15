#include "core/host/current_user.hpp"

#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <vector>

#include "core/io/files.hpp"

namespace deployctl::host {
namespace {

// A field of this user's line in /etc/passwd: 0 the name, 5 the home directory. Empty if there is no such line.
std::string passwd_field(std::size_t number) {
  const auto text = io::read_file("/etc/passwd");
  if (!text) return {};
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, ':');) fields.push_back(field);
    if (fields.size() > number && fields.size() > 2 && fields[2] == std::to_string(::geteuid())) return fields[number];
  }
  return {};
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

Result<std::string> own_user() {
  for (const auto& name : {passwd_field(0), variable("LOGNAME"), variable("USER")})
    if (!name.empty()) return name;
  return fail(with_hint(error(Code::invalid, "this user has no name to log in with"), "name a user in the fleet"));
}

Result<std::string> own_home() {
  for (const auto& home : {variable("HOME"), passwd_field(5)})
    if (!home.empty()) return home;
  return fail(Code::not_found, "this user has no home folder");
}

std::string expand_home(const std::string& path) {
  if (path != "~" && !path.starts_with("~/")) return path;
  const auto home = own_home();
  return home ? *home + path.substr(1) : path;
}

}  // namespace deployctl::host
