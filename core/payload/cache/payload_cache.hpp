// The payload cache of the control host. Each payload is made once for a pair (base or none, next) and kept as a file
// in a folder (STATE/store/payloads), where later rollouts and other processes find it. Concurrent gets of one payload
// share one encoding, which runs on the thread pool; a lock file next to the payload prevents a second process from
// doing the same work. When all callers that wait for an encoding are cancelled, it is abandoned and leaves no files
// behind.
//
// All calls come from one strand; the pool outlives the cache. `manifests` and `contents` are called on the pool's
// threads. Errors name the artifact and are not cached: the next get tries again. Code::not_found with a message that
// begins with "base": the store lacks the base's manifest; get a payload without a base. Otherwise errors as for
// encode().
#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/model/manifest.hpp"
#include "core/payload/cache/payload_source.hpp"
#include "core/payload/format/contents.hpp"

namespace asio {
class thread_pool;
}

namespace deployctl::payload {

// Returns a manifest by its digest, as ArtifactStore::manifest() does. Blocking.
using OpenManifest = std::function<Result<model::Manifest>(const Digest&)>;

class PayloadCache : public PayloadSource {
 public:
  PayloadCache(asio::thread_pool& pool, std::string dir, OpenManifest manifests, OpenContent contents);
  ~PayloadCache() override;

  asio::awaitable<Result<std::shared_ptr<ChunkSource>>> get(Digest next, std::optional<Digest> base,
                                                            Preference preference = {}) override;
  std::shared_ptr<PartialPayload> growing(Digest next, std::optional<Digest> base, Preference::Goal goal) override;
  asio::awaitable<bool> has(Digest artifact) override;
  asio::awaitable<bool> has_private_modes(Digest artifact) override;
  asio::awaitable<std::shared_ptr<ChunkSource>> made(Digest next, std::optional<Digest> base) override;

  // The file name of a payload: "<base hex or none>-<next hex>.v4", or ".soonest.v4" with Goal::soonest; the number is
  // stream_version.
  static std::string file_name(const Digest& next, const std::optional<Digest>& base,
                               Preference::Goal goal = Preference::Goal::smallest);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::payload
