#include "core/builder/build_key.hpp"

#include <sys/utsname.h>

#include <nlohmann/json.hpp>

#include "core/io/files.hpp"

namespace deployctl::builder {
namespace {

using Json = nlohmann::json;

std::string os_release_line(const std::string& text, const std::string& name) {
  auto at = text.starts_with(name + "=") ? 0 : text.find("\n" + name + "=");
  if (at == std::string::npos) return {};
  if (at != 0) ++at;
  return text.substr(at, text.find('\n', at) - at);
}

std::string platform() {
  utsname system{};
  ::uname(&system);
  const auto release = io::read_file("/etc/os-release").value_or("");
  return std::string(system.machine) + " " + os_release_line(release, "ID") + " " +
         os_release_line(release, "VERSION_ID");
}

Json rules_of(const BuildRequest& request) {
  Json rules = Json::array();
  for (const auto& rule : request.build.artifact) {
    Json one{{"from", rule.from}};
    if (rule.to) one["to"] = *rule.to;
    if (!rule.exclude.empty()) one["exclude"] = rule.exclude;
    rules.push_back(std::move(one));
  }
  return rules;
}

}  // namespace

Digest build_key(const BuildRequest& request, const std::string& commit, const std::string& version) {
  Json key{{"format", 2},  // 2: submodules and trees of a commit are checked
           {"commit", commit},
           {"platform", platform()},
           {"steps", request.build.steps},
           {"env", request.build.env},
           {"artifact", rules_of(request)},
           {"pre_build", request.pre_build.run},
           {"post_build", request.post_build.run}};
  if (!request.links.dirs.empty()) key["linked_dirs"] = request.links.dirs;
  if (!request.links.files.empty()) key["linked_files"] = request.links.files;
  if (!request.build.submodules_allow.empty()) key["submodules"] = request.build.submodules_allow;
  const bool hooked = !request.pre_build.empty() || !request.post_build.empty();
  if (hooked || !request.build.steps.empty()) key["version"] = version;
  if (hooked) key["hooks_see"] = {request.service, request.environment};
  return sha256(key.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace deployctl::builder
