// The payloads of one rollout: for each region and base one, decided when its first target is staged, so that whoever
// comes later in the region finds its chunks at the relay. Where time is preferred that is what is made soonest, and
// the smallest is finished beside it for the regions that are yet to come. One strand.
#pragma once

#include <map>
#include <set>

#include "core/fleet/target_links.hpp"
#include "core/model/plan.hpp"
#include "core/payload/cache/payload_source.hpp"

namespace deployctl::rollout {

class Uploads {
 public:
  // `payloads` is borrowed. `ending` gives the work beside up.
  Uploads(payload::PayloadSource& payloads, fleet::TargetLinks& links, Digest artifact, model::Prefer prefer,
          io::CancelToken ending)
      : payloads_(payloads), links_(links), artifact_(artifact), prefer_(prefer), ending_(std::move(ending)) {}

  // For a target of a region; `last`: no other region will ask. An empty base: none. While the payload is being made,
  // what is coded already goes to the target's relay. Errors as of PayloadSource::get().
  asio::awaitable<Result<std::shared_ptr<fleet::PayloadHandle>>> get(Digest base, std::size_t region,
                                                                     std::size_t target, bool last);

 private:
  using Made = Result<std::shared_ptr<payload::ChunkSource>>;
  payload::Preference preference_for(std::size_t target) const;
  asio::awaitable<Made> make(std::optional<Digest> base, std::size_t target);
  struct Streaming {
    Digest artifact;
    std::optional<Digest> base;
    payload::Preference::Goal goal;
    std::size_t target;
  };
  // Touches nothing once the token is set.
  static asio::awaitable<void> send_pieces(payload::PayloadSource& payloads, fleet::TargetLinks& links, Streaming what,
                                           io::CancelToken until);
  static asio::awaitable<void> finish_smallest(payload::PayloadSource& payloads, Digest artifact,
                                               std::optional<Digest> base, io::CancelToken ending);

  payload::PayloadSource& payloads_;
  fleet::TargetLinks& links_;
  Digest artifact_;
  model::Prefer prefer_;
  io::CancelToken ending_;
  std::map<std::pair<Digest, std::size_t>, std::shared_ptr<fleet::PayloadHandle>> made_;
  std::map<Digest, bool> finishing_;
  std::set<std::pair<Digest, std::size_t>> streaming_;
};

}  // namespace deployctl::rollout
