#include "core/artifact/build_cache.hpp"

#include <poll.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/io/atomic_file.hpp"
#include "core/io/files.hpp"
#include "core/model/bounded_json.hpp"

namespace deployctl::artifact {
namespace {

using Json = nlohmann::json;

std::string builds_folder(const std::string& store) { return store + "/builds"; }

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
  Json key{{"format", 2},  // 2: what a commit may bring in is checked
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

Result<io::FileLock> lock_build(const std::string& store, const Digest& key, const io::CancelToken& cancel) {
  DEPLOYCTL_CHECK(io::make_dirs(builds_folder(store)));
  const std::string path = builds_folder(store) + "/" + key.hex() + ".lock";
  while (!cancel.cancelled()) {
    auto lock = io::FileLock::try_lock(path, "pid " + std::to_string(::getpid()));
    if (lock || lock.error().code != Code::locked) return lock;
    pollfd stopped{cancel.fd(), POLLIN, 0};
    ::poll(&stopped, 1, 100);
  }
  return fail(Code::cancelled, "wait for the same build of another process: cancelled");
}

Result<Digest> built_before(const ArtifactStore& store, const Digest& key) {
  const auto text = io::read_file(builds_folder(store.dir()) + "/" + key.hex() + ".json");
  if (!text) return Digest();
  const auto json = model::try_parse_json(*text);
  if (!json.is_object() || !json.contains("artifact") || !json["artifact"].is_string()) return Digest();
  const auto artifact = Digest::parse(json["artifact"].get<std::string>());
  if (!artifact) return Digest();
  DEPLOYCTL_TRY(whole, store.complete(*artifact));
  return whole ? *artifact : Digest();
}

Status remember_build(const std::string& store, const Digest& key, const Digest& artifact) {
  DEPLOYCTL_CHECK(io::make_dirs(builds_folder(store)));
  const Json json{{"artifact", artifact.text()}, {"format", 1}};
  return io::write_file(builds_folder(store) + "/" + key.hex() + ".json", json.dump() + "\n");
}

Status forget_builds(const std::string& store, const std::set<Digest>& kept) {
  auto names = io::list_dir(builds_folder(store));
  if (!names) return names.error().code == Code::absent ? Status() : fail(names.error());
  for (const auto& name : *names) {
    const std::string path = builds_folder(store) + "/" + name;
    if (name.ends_with(".json")) {
      const auto json = model::try_parse_json(io::read_file(path).value_or(""));
      const bool named = json.is_object() && json.contains("artifact") && json["artifact"].is_string();
      const auto artifact = Digest::parse(named ? json["artifact"].get<std::string>() : "");
      if (artifact && kept.contains(*artifact)) continue;
      DEPLOYCTL_CHECK(io::remove_file(path));
    } else if (name.ends_with(".lock")) {
      // Who opened it meanwhile may build beside a third one: that costs time, not truth.
      auto lock = io::FileLock::try_lock(path, "");
      if (!lock) continue;
      DEPLOYCTL_CHECK(io::remove_file(path));
    }
  }
  return {};
}

}  // namespace deployctl::artifact
