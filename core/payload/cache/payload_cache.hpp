// The payloads of the control host: each made once for (base or none, next), kept as a file in a folder
// (STATE/store/payloads), found again by later rollouts and other processes. Concurrent gets of one payload
// share one encoding, which runs on the thread pool; a lock file beside it keeps a second process from the
// same work. An encoding that nobody waits for any more (every getter was cancelled) is given up and leaves
// nothing behind.
//
// One strand for all calls; the pool outlives it. `manifests` and `contents` are called on the pool's
// threads. Errors name the artifact and are not kept: the next get tries again. Code::absent with a message
// that begins "base": the store lacks the base's manifest, get a payload without one. Otherwise as encode().
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

// A manifest by its digest, as ArtifactStore::manifest() gives it. Blocking.
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

  // The name of the file in the folder: "<base hex or none>-<next hex>.v3", for the soonest ".soonest.v3".
  static std::string file_name(const Digest& next, const std::optional<Digest>& base,
                               Preference::Goal goal = Preference::Goal::smallest);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::payload
