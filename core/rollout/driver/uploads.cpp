#include "core/rollout/driver/uploads.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>

#include "core/io/deadline.hpp"

namespace deployctl::rollout {
namespace {

constexpr Duration cancel_poll{100};
constexpr std::uint64_t min_piece = 1024 * 1024;

}  // namespace

asio::awaitable<Result<std::shared_ptr<fleet::PayloadHandle>>> Uploads::get(Digest base, std::size_t region,
                                                                            std::size_t target, bool last) {
  const auto key = std::make_pair(base, region);
  if (const auto at = made_.find(key); at != made_.end()) co_return at->second;
  std::optional<Digest> from;
  if (!base.empty()) from = base;
  const bool streams = streaming_.insert(key).second;  // one of the region's targets sees to it
  auto making = streams ? make(from, target) : payloads_.get(artifact_, from, preference_for(target));
  DEPLOYCTL_CO_TRY(source, co_await std::move(making));
  auto& made = made_[key];  // another may have come first meanwhile: one payload, one shipment
  if (!made) made = std::make_shared<fleet::PayloadHandle>(fleet::PayloadHandle{std::move(source)});
  const auto shipment = made;
  if (prefer_ == model::Prefer::time && from && !last && !std::exchange(finishing_[base], true))
    asio::co_spawn(co_await asio::this_coro::executor, finish_smallest(payloads_, artifact_, from, ending_),
                   asio::detached);
  co_return shipment;
}

payload::Preference Uploads::preference_for(std::size_t target) const {
  payload::Preference preference;
  preference.link_rate = links_.rate(target);
  if (prefer_ == model::Prefer::time) preference.goal = payload::Preference::Goal::soonest;
  return preference;
}

asio::awaitable<Uploads::Made> Uploads::make(std::optional<Digest> base, std::size_t target) {
  const auto preference = preference_for(target);
  struct UntilMade {
    io::CancelToken token;
    ~UntilMade() { token.cancel(); }
  } until;
  const Streaming streaming{artifact_, base, preference.goal, target};
  asio::co_spawn(co_await asio::this_coro::executor, send_pieces(payloads_, links_, streaming, until.token),
                 asio::detached);
  co_return co_await payloads_.get(artifact_, base, preference);
}

// What is coded already is looked for now and then; none of it costs anything where the coding is over at once.
asio::awaitable<void> Uploads::send_pieces(payload::PayloadSource& payloads, fleet::TargetLinks& links, Streaming what,
                                           io::CancelToken until) {
  std::uint32_t sent = 0;
  for (;;) {
    const auto waited = co_await io::pause_for(cancel_poll, until);
    if (!waited) co_return;
    const auto growing = payloads.growing(what.artifact, what.base, what.goal);
    const auto piece = growing ? growing->piece(sent, min_piece) : nullptr;
    if (!piece) continue;
    sent += piece->index().count();
    links.carry_piece(what.target, piece);
  }
}

asio::awaitable<void> Uploads::finish_smallest(payload::PayloadSource& payloads, Digest artifact,
                                               std::optional<Digest> base, io::CancelToken ending) {
  auto making = payloads.get(artifact, base);
  (void)co_await io::with_cancel(std::move(making), ending, "code the payload");
}

}  // namespace deployctl::rollout
