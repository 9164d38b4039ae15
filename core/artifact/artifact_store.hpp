// Artifacts: manifests in a blob store with all the files that they name, and what we know of each (which
// build made it). An artifact is listed only once every blob of it is in the store. Blocking; any thread;
// safe between processes.
//
//   DIR/blobs/        the files and manifests           DIR/artifacts/    a record for each artifact and
//   build that made it DIR/builds/       what builds made (build_cache)    DIR/payloads/     files whose
//   names hold the digests they serve
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/artifact/collect.hpp"
#include "core/base/clock.hpp"
#include "core/model/manifest.hpp"
#include "core/payload/format/contents.hpp"
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

  // Newest first. One artifact stands here once for each service, version and commit that came out as these
  // bytes.
  Result<std::vector<ArtifactRecord>> list() const;
  // By digest, or an unambiguous beginning of its hex (4 and more), or a version. Ambiguous: Code::invalid,
  // listing them. None: Code::absent.
  Result<ArtifactRecord> find(const std::string& name) const;
  Result<model::Manifest> manifest(const Digest& artifact) const;
  payload::OpenContent contents() const;
  // The manifest and every file that it names are here (not that their bytes are right: verify()).
  Result<bool> complete(const Digest& artifact) const;

  // The tree at `dir` whose entries `manifest` describes: blobs, then the manifest, then the record.
  Status add(const std::string& dir, const model::Manifest& manifest, const ArtifactRecord& record);
  // What collect() found. The record's digest, size and files are filled in here.
  Result<ArtifactRecord> add(const std::vector<Found>& found, ArtifactRecord record);
  // One more service, version or commit of an artifact that is here. The same again: success.
  Status note(ArtifactRecord record);

  Status verify(const Digest& artifact) const;  // every byte; Code::verification names the first files
  Status export_to(const Digest& artifact,
                   const std::string& dir) const;  // a new folder, made whole or not at all
  struct Swept {
    std::size_t artifacts = 0, blobs = 0, payloads = 0;
    std::uint64_t bytes = 0;
  };
  // Keeps the newest `keep` artifacts of each service and those named; removes the rest and every blob nobody
  // names. What another process is adding right now is safe (a lock shared by adders, exclusive here):
  // Code::locked then. A payload goes when its file's name holds the digest (64 hex digits) of an artifact
  // that isn't kept.
  Result<Swept> gc(std::size_t keep, const std::vector<Digest>& in_use);

  const std::string& dir() const { return dir_; }
  std::string payload_dir() const { return dir_ + "/payloads"; }  // the files that rollout/payloads makes

 private:
  ArtifactStore(std::string dir, std::shared_ptr<store::BlobStore> blobs)
      : dir_(std::move(dir)), blobs_(std::move(blobs)) {}
  Result<model::Manifest> put(const std::vector<Found>& found);
  std::string dir_;
  std::shared_ptr<store::BlobStore> blobs_;
};

}  // namespace deployctl::artifact
