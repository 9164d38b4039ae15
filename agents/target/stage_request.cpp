// The request stage: pulls a release's payload, decodes it and places it beside the live release.
#include <functional>

#include "agents/serve/session.hpp"
#include "agents/target/grant/grant.hpp"
#include "agents/target/requests.hpp"
#include "agents/target/slot/tree_check.hpp"
#include "agents/target/staging/staging.hpp"
#include "core/host/free_space.hpp"
#include "core/io/blocking.hpp"
#include "core/io/deadline.hpp"
#include "core/link/payload_index.hpp"

namespace deployctl::target {
namespace {

using protocol::pb::Reply;

constexpr std::uint32_t outstanding = 8;  // chunks requested: 8 MiB
constexpr Duration tell_every{std::chrono::milliseconds(200)};

struct Order {
  ResolvedSlot place;
  Claim claim;
  model::Release release;
  std::optional<Digest> base;
  payload::Index index;
};

Result<Order> order_of(const Context& context, const protocol::pb::Stage& asked) {
  DEPLOYCTL_TRY(place, placed(context, asked.place()));
  DEPLOYCTL_TRY(release, model::Release::parse(asked.release_json()));
  DEPLOYCTL_TRY(index, link::to_index(asked.index()));
  Order order{std::move(place), {asked.rollout(), asked.epoch()}, std::move(release), {}, std::move(index)};
  if (asked.base().empty()) return order;
  DEPLOYCTL_TRY(base, Digest::from_raw(asked.base()));
  order.base = base;
  return order;
}

bool is_whole(const Order& order) {
  const auto kept = kept_release(order.place.slot, order.release.digest());
  return kept && check_whole(order.place.slot, kept->folder);
}

// A release that is being received. Used by one pool thread at a time.
class Inbound {
 public:
  explicit Inbound(Order order) : order_(std::move(order)) {}
  const Order& order() const { return order_; }

  Status open() {
    DEPLOYCTL_CHECK(clear_staging(order_.place.slot));
    if (order_.base) {
      DEPLOYCTL_TRY(base, Base::of(order_.place.slot, *order_.base));
      base_.emplace(std::move(base));
    }
    staging_ = std::make_unique<Staging>(order_.place.slot, order_.release, base_ ? &*base_ : nullptr);
    payload::OpenContent contents = [this](const Digest& content) -> Result<io::Fd> {
      if (!base_) return fail(Code::not_found, "base: the payload refers to one, and none was named");
      return base_->open(content);
    };
    decoder_ = std::make_unique<payload::Decoder>(order_.release.artifact, std::move(contents), *staging_,
                                                  base_ ? &base_->manifest() : nullptr);
    return {};
  }

  // An expired lease suffices if no other rollout has taken it: what is staged isn't live.
  Status still_ours() const {
    DEPLOYCTL_TRY(held, GrantFile(order_.place.slot).read());
    DEPLOYCTL_TRY(renewed, renew(held, order_.claim.rollout, order_.claim.epoch, Duration(1), host::boot_now()));
    return {};
  }

  Status feed(BytesView chunk) { return decoder_->feed(chunk); }

  Status finish() {
    DEPLOYCTL_CHECK(decoder_->finish());
    DEPLOYCTL_CHECK(still_ours());
    return staging_->commit();
  }

  // Removes what was not committed.
  Status leave() {
    decoder_.reset();
    staging_.reset();
    return {};
  }

 private:
  Order order_;
  std::optional<Base> base_;
  std::unique_ptr<Staging> staging_;
  std::unique_ptr<payload::Decoder> decoder_;
};

// The part on the strand: passes chunks to the pool and progress to the caller.
struct Pulling {
  Context& context;
  Exchange& exchange;
  std::shared_ptr<Inbound> inbound;
  std::uint64_t received = 0;
  SteadyTime told{};

  static awaitable<Status> take(Pulling* self, Bytes chunk) {
    const auto size = chunk.size();
    const bool tell = io::now_steady() - self->told >= tell_every;
    const auto bytes = std::make_shared<Bytes>(std::move(chunk));
    const auto inbound = self->inbound;
    const std::function<Status()> work = [inbound, bytes, tell]() -> Status {
      if (tell) {
        DEPLOYCTL_CHECK(inbound->still_ours());
      }
      return inbound->feed(*bytes);
    };
    DEPLOYCTL_CO_CHECK(co_await io::run_blocking(self->context.pool, work));
    self->received += size;
    if (tell || self->received == inbound->order().index.total()) {
      self->told = io::now_steady();
      co_return co_await tell_progress(self);
    }
    co_return Status{};
  }

  static awaitable<Status> tell_progress(Pulling* self) {
    protocol::pb::Event event;
    event.mutable_progress()->set_received(self->received);
    event.mutable_progress()->set_total(self->inbound->order().index.total());
    co_return co_await self->exchange.emit(event);
  }
};

awaitable<Status> bring_in(Context& context, std::shared_ptr<Inbound> inbound, Exchange& exchange) {
  const std::function<Status()> open = [inbound] { return inbound->open(); };
  DEPLOYCTL_CO_CHECK(co_await io::run_blocking(context.pool, open));
  Pulling pulling{context, exchange, inbound};
  Pulling* at = &pulling;
  const std::function<awaitable<Status>(std::uint32_t, Bytes)> sink = [at](std::uint32_t, Bytes chunk) {
    return Pulling::take(at, std::move(chunk));
  };
  DEPLOYCTL_CO_CHECK(co_await serve::pull(exchange, inbound->order().index, outstanding, sink));
  const std::function<Status()> finish = [inbound] { return inbound->finish(); };
  co_return co_await io::run_blocking(context.pool, finish);
}

Reply staged(bool already, std::uint64_t received) {
  Reply reply;
  reply.mutable_staged()->set_already(already);
  reply.mutable_staged()->set_received(received);
  return reply;
}

}  // namespace

awaitable<Result<Reply>> answer_stage(Context& context, protocol::pb::Stage asked, Exchange& exchange) {
  DEPLOYCTL_CO_TRY(order, order_of(context, asked));
  asked.clear_index();  // the order has a copy; it can take megabytes for as long as this runs
  const Slot slot = order.place.slot;
  const auto inbound = std::make_shared<Inbound>(std::move(order));
  const std::function<Status()> check = [inbound] {
    return check_claim(inbound->order().place, inbound->order().claim);
  };
  DEPLOYCTL_CO_CHECK(co_await io::run_blocking(context.pool, check));
  auto lock = co_await wait_for_lock(slot.state("staging.lock"), "staging for rollout " + asked.rollout(),
                                     context.stage_wait, exchange);
  if (!lock) {
    // A process that holds the lock says nothing about the release: this target is late and counts towards the plan's
    // max_unreachable.
    if (lock.error().code == Code::locked) lock.error().code = Code::timed_out;
    co_return fail(lock.error());
  }
  const std::function<Result<bool>()> whole = [inbound] { return Result<bool>(is_whole(inbound->order())); };
  DEPLOYCTL_CO_TRY(already, co_await io::run_blocking(context.pool, whole));
  if (already) co_return staged(true, 0);
  const auto brought = co_await bring_in(context, inbound, exchange);
  std::optional<Error> why;
  if (!brought) why = brought.error();
  // Explains a full disk before the staged files are removed, while it still shows.
  const std::function<Result<Error>()> leave = [inbound, slot, why]() -> Result<Error> {
    Error explained = why ? host::explain_storage(*why, slot.path()) : Error{};
    DEPLOYCTL_CHECK(inbound->leave());
    return explained;
  };
  auto explained = co_await io::run_blocking(context.pool, leave);
  if (!brought) co_return fail(explained ? *explained : brought.error());
  co_return staged(false, inbound->order().index.total());
}

}  // namespace deployctl::target
