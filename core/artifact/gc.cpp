// ArtifactStore::gc(). Removes records before the data that only they reference, so that the next run can finish an
// interrupted one.
#include <sys/stat.h>

#include <map>
#include <set>

#include "core/artifact/artifact_store.hpp"
#include "core/artifact/build_cache.hpp"
#include "core/artifact/records.hpp"
#include "core/artifact/store_lock.hpp"
#include "core/io/files.hpp"

namespace deployctl::artifact {
namespace {

// The digests of the newest artifacts of each service and of those in use.
std::set<Digest> kept(const std::vector<RecordFile>& newest_first, std::size_t keep,
                      const std::vector<Digest>& in_use) {
  std::set<Digest> all(in_use.begin(), in_use.end());
  std::map<std::string, std::set<Digest>> by_service;
  for (const auto& file : newest_first) {
    auto& of_service = by_service[file.record.service];
    if (of_service.size() < keep) of_service.insert(file.record.digest);
  }
  for (const auto& [service, digests] : by_service) all.insert(digests.begin(), digests.end());
  return all;
}

// Whether the name contains the digest of an artifact that isn't kept. Every run of 64 hex digits counts as a digest.
bool serves_none(const std::string& name, const std::set<Digest>& keep) {
  static constexpr const char* digits = "0123456789abcdef";
  for (auto at = name.find_first_of(digits); at != std::string::npos; at = name.find_first_of(digits, at)) {
    const auto end = std::min(name.find_first_not_of(digits, at), name.size());
    if (end - at == 64) {
      const auto digest = Digest::parse(name.substr(at, 64));
      if (digest && !digest->empty() && !keep.contains(*digest)) return true;
    }
    at = end;
  }
  return false;
}

std::uint64_t size_of_entry(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0 ? static_cast<std::uint64_t>(st.st_size) : 0;
}

Status sweep_payloads(const std::string& dir, const std::set<Digest>& keep, ArtifactStore::Swept& swept) {
  auto names = io::list_dir(dir);
  if (!names) return names.error().code == Code::not_found ? Status() : fail(names.error());
  for (const auto& name : *names) {
    if (!serves_none(name, keep)) continue;
    const auto size = size_of_entry(dir + "/" + name);
    DEPLOYCTL_CHECK(io::remove_tree(dir + "/" + name));
    swept.bytes += size;
    ++swept.payloads;
  }
  return {};
}

}  // namespace

Result<ArtifactStore::Swept> ArtifactStore::gc(std::size_t keep, const std::vector<Digest>& in_use) {
  DEPLOYCTL_TRY(lock, StoreLock::try_alone(dir_));
  DEPLOYCTL_TRY(records, read_records(dir_));
  const auto keeping = kept(records, keep, in_use);
  std::set<Digest> named, gone;
  for (const auto& artifact : keeping) {
    auto manifest = this->manifest(artifact);
    if (!manifest && manifest.error().code == Code::not_found) continue;  // in use on a target, but not in this store
    if (!manifest) return fail(manifest.error());  // its blobs are unknown, so nothing is removed
    named.insert(artifact);
    for (const auto& entry : manifest->entries()) named.insert(entry.content);
  }
  Swept swept;
  for (const auto& file : records) {
    if (keeping.contains(file.record.digest)) continue;
    DEPLOYCTL_CHECK(io::remove_file(file.path));
    gone.insert(file.record.digest);
  }
  swept.artifacts = gone.size();
  DEPLOYCTL_CHECK(forget_builds(dir_, keeping));
  std::vector<Digest> unnamed;
  const auto look = [&](const Digest& blob, std::uint64_t size) -> Status {
    if (named.contains(blob)) return {};
    unnamed.push_back(blob);
    swept.bytes += size;
    return {};
  };
  DEPLOYCTL_CHECK(blobs_->each(look));
  for (const auto& blob : unnamed) {
    DEPLOYCTL_CHECK(blobs_->remove(blob));
  }
  swept.blobs = unnamed.size();
  DEPLOYCTL_CHECK(sweep_payloads(payload_dir(), keeping, swept));
  return swept;
}

}  // namespace deployctl::artifact
