// The source of a rollout's payloads: the control host's cache (payload_cache.hpp) or a simulated one. All calls come
// from one strand. Code::not_found with a message that begins with "base": a payload against this base can't be made;
// get one without a base.
#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <optional>

#include "core/payload/format/chunk_source.hpp"
#include "core/payload/format/coding_choice.hpp"
#include "core/payload/format/partial_payload.hpp"

namespace deployctl::payload {

class PayloadSource {
 public:
  virtual ~PayloadSource() = default;

  // Artifacts are named by the digests of their manifests. Cheap enough to call for every target: while a caller holds
  // the source, the same object is returned. With Goal::soonest, returns the smallest payload if it already exists,
  // else one that is coded for the link and stored separately.
  virtual asio::awaitable<Result<std::shared_ptr<ChunkSource>>> get(Digest next, std::optional<Digest> base,
                                                                    Preference preference = {}) = 0;
  // The finished part of the payload that get() would wait for, if this process is encoding it; else null.
  virtual std::shared_ptr<PartialPayload> growing(Digest next, std::optional<Digest> base, Preference::Goal goal) {
    (void)next, (void)base, (void)goal;
    return nullptr;
  }
  // Whether the artifact from which get() makes a payload is available.
  virtual asio::awaitable<bool> has(Digest artifact) {
    (void)artifact;
    co_return true;
  }
  // Whether the artifact has modes that only agents with the feature "private-modes" preserve. False if it can't be
  // read.
  virtual asio::awaitable<bool> has_private_modes(Digest artifact) {
    (void)artifact;
    co_return false;
  }
  // A payload that already exists, preferably the smallest; else null.
  virtual asio::awaitable<std::shared_ptr<ChunkSource>> made(Digest next, std::optional<Digest> base) = 0;
};

}  // namespace deployctl::payload
