#include "agents/target/requests.hpp"

#include "agents/target/grant/grant.hpp"
#include "core/io/deadline.hpp"

namespace deployctl::target {

Result<ResolvedSlot> placed(const Context& context, const protocol::pb::Place& place) {
  if (place.service().empty()) return fail(Code::invalid, "a place needs a service's name");
  DEPLOYCTL_TRY(slot, Slot::at(place.deploy_to(), context.home));
  return ResolvedSlot{std::move(slot), {place.service(), place.environment()}};
}

Status check_claim(const ResolvedSlot& place, const Claim& claim) {
  if (!plain_name(claim.rollout)) return fail(Code::invalid, "\"" + claim.rollout + "\" is no rollout's id");
  DEPLOYCTL_CHECK(place.slot.check_identity(place.identity));
  DEPLOYCTL_TRY(held, GrantFile(place.slot).read());
  return check(held, claim.rollout, claim.epoch, host::boot_now());
}

awaitable<Result<io::FileLock>> wait_for_lock(std::string path, std::string holder, Duration most, Exchange& exchange) {
  const auto give_up = io::now_steady() + most;
  for (;;) {
    auto lock = io::FileLock::try_lock(path, holder);
    if (lock || lock.error().code != Code::locked) co_return lock;
    if (io::now_steady() >= give_up) co_return fail(io::FileLock::locked(path));
    if (exchange.cancelled().cancelled()) co_return fail(Code::cancelled, "the caller went away");
    co_await io::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace deployctl::target
