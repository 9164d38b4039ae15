#include "core/artifact/build_cache.hpp"

#include <poll.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/io/atomic_file.hpp"
#include "core/io/files.hpp"
#include "core/model/bounded_json.hpp"

namespace deployctl::artifact {
namespace {

using Json = nlohmann::json;

std::string builds_folder(const std::string& store) { return store + "/builds"; }

}  // namespace

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
  if (!names) return names.error().code == Code::not_found ? Status() : fail(names.error());
  for (const auto& name : *names) {
    const std::string path = builds_folder(store) + "/" + name;
    if (name.ends_with(".json")) {
      const auto json = model::try_parse_json(io::read_file(path).value_or(""));
      const bool named = json.is_object() && json.contains("artifact") && json["artifact"].is_string();
      const auto artifact = Digest::parse(named ? json["artifact"].get<std::string>() : "");
      if (artifact && kept.contains(*artifact)) continue;
      DEPLOYCTL_CHECK(io::remove_file(path));
    } else if (name.ends_with(".lock")) {
      // A process that has opened the file already may then build at the same time as a third one. That wastes time but
      // does no harm.
      auto lock = io::FileLock::try_lock(path, "");
      if (!lock) continue;
      DEPLOYCTL_CHECK(io::remove_file(path));
    }
  }
  return {};
}

}  // namespace deployctl::artifact
