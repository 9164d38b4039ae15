// Where a rollout gets its payloads from: the control host's cache (payload_cache.hpp), or a simulation's. One strand
// for all calls. Code::absent with a message that begins "base": one against this base can't be made, get one without.
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

  // Artifacts by the digests of their manifests. Cheap to call for every target: while somebody holds the
  // source, the same is given again. Who wants it soonest gets the smallest if that is there already, else
  // one that is coded for its link and stands beside it.
  virtual asio::awaitable<Result<std::shared_ptr<ChunkSource>>> get(Digest next, std::optional<Digest> base,
                                                                    Preference preference = {}) = 0;
  // What is coded already of the payload that get() with the same would wait for, where this process makes it just now;
  // else null.
  virtual std::shared_ptr<PartialPayload> growing(Digest next, std::optional<Digest> base, Preference::Goal goal) {
    (void)next, (void)base, (void)goal;
    return nullptr;
  }
  // Whether get() has what it makes a payload of.
  virtual asio::awaitable<bool> has(Digest artifact) {
    (void)artifact;
    co_return true;
  }
  // Whether the artifact holds modes that only agents with the feature "private-modes" keep; false where it can't be
  // read.
  virtual asio::awaitable<bool> has_private_modes(Digest artifact) {
    (void)artifact;
    co_return false;
  }
  // One that is made already, preferably the smallest; null: there is none.
  virtual asio::awaitable<std::shared_ptr<ChunkSource>> made(Digest next, std::optional<Digest> base) = 0;
};

}  // namespace deployctl::payload
