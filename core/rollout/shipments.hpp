// The payloads of one rollout: for each region and base one, decided when its first target is staged, so that whoever comes
// later in the region finds its chunks at the relay. Where time is preferred that is what is made soonest, and the smallest is
// finished beside it for the regions that are yet to come. One strand.
#pragma once

#include <map>

#include "core/model/plan.hpp"
#include "core/payload/payload_source.hpp"
#include "core/rollout/fleet_links.hpp"

namespace deployctl::rollout {

class Shipments {
 public:
  // `payloads` is borrowed. `ending` gives the work beside up.
  Shipments(payload::PayloadSource& payloads, Digest artifact, model::Prefer prefer, io::CancelToken ending)
      : payloads_(payloads), artifact_(artifact), prefer_(prefer), ending_(std::move(ending)) {}

  // `rate`: bytes a second of the region's link, 0 when not known. `last`: no other region will ask. An empty base: none.
  // Errors as of PayloadSource::get().
  asio::awaitable<Result<std::shared_ptr<Shipment>>> get(Digest base, std::size_t region, std::uint64_t rate, bool last);

 private:
  static asio::awaitable<void> finish_smallest(payload::PayloadSource& payloads, Digest artifact, std::optional<Digest> base,
                                               io::CancelToken ending);

  payload::PayloadSource& payloads_;
  Digest artifact_;
  model::Prefer prefer_;
  io::CancelToken ending_;
  std::map<std::pair<Digest, std::size_t>, std::shared_ptr<Shipment>> made_;
  std::map<Digest, bool> finishing_;
};

}  // namespace deployctl::rollout
