// The payload cache over an artifact store, for the time of one command.
#pragma once

#include <memory>

#include "core/artifact/artifact_store.hpp"
#include "core/payload/cache/payload_cache.hpp"

namespace deployctl::cli {

// `store` is copied from: it may go. The pool is borrowed.
inline std::unique_ptr<payload::PayloadCache> payloads_of(asio::thread_pool& pool,
                                                          const artifact::ArtifactStore& store) {
  const auto kept = std::make_shared<artifact::ArtifactStore>(store);
  payload::OpenManifest manifests = [kept](const Digest& artifact) { return kept->manifest(artifact); };
  return std::make_unique<payload::PayloadCache>(pool, store.payload_dir(), std::move(manifests), store.contents());
}

}  // namespace deployctl::cli
