#include "core/rollout/shipments.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>

#include "core/io/deadline.hpp"

namespace deployctl::rollout {

asio::awaitable<Result<std::shared_ptr<Shipment>>> Shipments::get(Digest base, std::size_t region, std::uint64_t rate, bool last) {
  const auto key = std::make_pair(base, region);
  if (const auto at = made_.find(key); at != made_.end()) co_return at->second;
  std::optional<Digest> from;
  if (!base.empty()) from = base;
  payload::Preference preference;
  preference.link_rate = rate;
  if (prefer_ == model::Prefer::time) preference.goal = payload::Preference::Goal::soonest;
  DEPLOYCTL_CO_TRY(source, co_await payloads_.get(artifact_, from, preference));
  auto& made = made_[key];  // another may have come first meanwhile: one payload, one shipment
  if (!made) made = std::make_shared<Shipment>(Shipment{std::move(source)});
  const auto shipment = made;
  if (prefer_ == model::Prefer::time && from && !last && !std::exchange(finishing_[base], true))
    asio::co_spawn(co_await asio::this_coro::executor, finish_smallest(payloads_, artifact_, from, ending_), asio::detached);
  co_return shipment;
}

asio::awaitable<void> Shipments::finish_smallest(payload::PayloadSource& payloads, Digest artifact, std::optional<Digest> base,
                                                 io::CancelToken ending) {
  auto making = payloads.get(artifact, base);
  (void)co_await io::with_cancel(std::move(making), ending, "code the payload");
}

}  // namespace deployctl::rollout
