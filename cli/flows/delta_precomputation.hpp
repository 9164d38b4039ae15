// Payloads made ahead: `build` codes a new artifact against those that the targets run and that were built last, so
// that the deploy finds them made.
#pragma once

#include <functional>
#include <vector>

#include "core/artifact/artifact_store.hpp"
#include "core/io/cancel_token.hpp"

namespace deployctl::cli {

struct BaseCandidate {
  Digest artifact;
  std::string version;
  bool operator==(const BaseCandidate&) const = default;
};

// `ran`: what rollouts of the service that succeeded brought, newest first. `built`: the store's records, newest first.
// At most two of each, each artifact once, never `next` itself. Pure.
std::vector<BaseCandidate> likely_bases(const Digest& next, const std::string& service,
                                        const std::vector<BaseCandidate>& ran,
                                        const std::vector<artifact::ArtifactRecord>& built);

struct Precoded {
  std::string base;  // its version
  std::uint64_t bytes = 0;
  double seconds = 0;
};
// Those that are not made yet, one after another, on all cores. Blocks. A base that the store lacks is passed over;
// Code::cancelled, no_space and what encode() says.
Status precompute_deltas(const artifact::ArtifactStore& store, const Digest& next,
                         const std::vector<BaseCandidate>& bases, io::CancelToken cancel,
                         const std::function<void(const Precoded&)>& told);

}  // namespace deployctl::cli
