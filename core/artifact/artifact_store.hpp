// The artifact store: manifests in a blob store, together with all files that they name and a record of the builds that
// produced each artifact. An artifact is listed only once all its blobs are stored. Blocking; any thread; safe between
// processes.
//
//   DIR/blobs/       files and manifests
//   DIR/artifacts/   one record per artifact and the build that produced it (records.hpp)
//   DIR/builds/      the results of builds (build_cache.hpp)
//   DIR/payloads/    payload files, whose names contain the digests of their artifacts
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
  Digest digest;  // digest of the manifest
  std::string service;
  std::string version;  // as named by the build
  std::string commit;
  WallTime made;
  std::uint64_t size = 0;  // total bytes of all files
  std::size_t files = 0;
};

class ArtifactStore {
 public:
  // `dir` is STATE/store.
  static Result<ArtifactStore> open(const std::string& dir);

  // Newest first. An artifact is listed once for each service, version and commit whose build produced it.
  Result<std::vector<ArtifactRecord>> list() const;
  // Finds an artifact by digest, unambiguous prefix of its hex digits (4 or more), or version. Code::invalid, listing
  // the candidates, if ambiguous; Code::not_found if there is none.
  Result<ArtifactRecord> find(const std::string& name) const;
  Result<model::Manifest> manifest(const Digest& artifact) const;
  payload::OpenContent contents() const;
  // Whether the manifest and all files that it names are stored. Does not check their bytes; see verify().
  Result<bool> complete(const Digest& artifact) const;

  // Adds the tree at `dir` that `manifest` describes: blobs first, then the manifest, then the record.
  Status add(const std::string& dir, const model::Manifest& manifest, const ArtifactRecord& record);
  // Adds what collect() found. Fills in the digest, size and files of the record.
  Result<ArtifactRecord> add(const std::vector<Found>& found, ArtifactRecord record);
  // Records one more service, version or commit for a stored artifact. Succeeds if it is already recorded.
  Status note(ArtifactRecord record);

  // Reads every byte. Code::verification names the first damaged files.
  Status verify(const Digest& artifact) const;
  // Writes the artifact to a new folder, completely or not at all.
  Status export_to(const Digest& artifact, const std::string& dir) const;
  struct Swept {
    std::size_t artifacts = 0, blobs = 0, payloads = 0;
    std::uint64_t bytes = 0;
  };
  // Keeps the newest `keep` artifacts of each service and those in `in_use`; removes the others and all unreferenced
  // blobs. Code::locked while another process adds an artifact (a lock that is shared by adders and exclusive here).
  // Removes a payload if the name of its file contains the digest (64 hex digits) of an artifact that isn't kept.
  Result<Swept> gc(std::size_t keep, const std::vector<Digest>& in_use);

  const std::string& dir() const { return dir_; }
  std::string payload_dir() const { return dir_ + "/payloads"; }  // the files of payload::PayloadCache

 private:
  ArtifactStore(std::string dir, std::shared_ptr<store::BlobStore> blobs)
      : dir_(std::move(dir)), blobs_(std::move(blobs)) {}
  Result<model::Manifest> put(const std::vector<Found>& found);
  std::string dir_;
  std::shared_ptr<store::BlobStore> blobs_;
};

}  // namespace deployctl::artifact
