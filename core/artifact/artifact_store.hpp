// Artifacts: manifests in a blob store with all the files that they name, and what we know of each (which build made it).
// An artifact is listed only once every blob of it is in the store. Blocking; any thread; safe between processes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/model/manifest.hpp"
#include "core/payload/contents.hpp"
#include "core/store/blob_store.hpp"

namespace deployctl::artifact {

struct ArtifactRecord {
  Digest digest;  // of the manifest
  std::string service;
  std::string version;  // as the build that made it named it
  std::string commit;
  WallTime made;
  std::uint64_t size = 0;  // bytes of all files
  std::size_t files = 0;
};

class ArtifactStore {
 public:
  // STATE/store
  static Result<ArtifactStore> open(const std::string& dir);

  Result<std::vector<ArtifactRecord>> list() const;  // newest first
  // By digest, or an unambiguous beginning of its hex (4 and more), or a version. Ambiguous: Code::invalid, listing them.
  Result<ArtifactRecord> find(const std::string& name) const;
  Result<model::Manifest> manifest(const Digest& artifact) const;
  payload::OpenContent contents() const;

  // The tree at `dir` whose entries `manifest` describes: blobs, then the manifest, then the record.
  Status add(const std::string& dir, const model::Manifest& manifest, const ArtifactRecord& record);
  Status verify(const Digest& artifact) const;                       // every byte
  Status export_to(const Digest& artifact, const std::string& dir) const;  // a new folder, made whole or not at all
  struct Swept {
    std::size_t artifacts = 0, blobs = 0, payloads = 0;
    std::uint64_t bytes = 0;
  };
  // Keeps the newest `keep` artifacts of each service and those named; removes the rest and every blob nobody names. What
  // another process is adding right now is safe (a lock shared by adders, exclusive here).
  Result<Swept> gc(std::size_t keep, const std::vector<Digest>& in_use);

  const std::string& dir() const { return dir_; }
  std::string payload_dir() const { return dir_ + "/payloads"; }  // the files that rollout/payloads makes

 private:
  ArtifactStore(std::string dir, std::shared_ptr<store::BlobStore> blobs) : dir_(std::move(dir)), blobs_(std::move(blobs)) {}
  std::string dir_;
  std::shared_ptr<store::BlobStore> blobs_;
};

}  // namespace deployctl::artifact
