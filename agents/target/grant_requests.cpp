// The requests take_grant, renew_grant, drop_grant and repair_epoch.
#include "agents/target/activation/activation_watch.hpp"
#include "agents/target/activation/survey.hpp"
#include "agents/target/grant/grant.hpp"
#include "agents/target/requests.hpp"
#include "core/io/blocking.hpp"

namespace deployctl::target {
namespace {

using protocol::pb::Reply;

constexpr Duration grant_wait{std::chrono::seconds(10)};  // for a lock that is held briefly

GrantRequest request_of(const protocol::pb::TakeGrant& asked) {
  const auto& holder = asked.holder();
  GrantRequest request;
  request.holder = {holder.rollout(), holder.user(),  holder.host(), holder.pid(), holder.pid_start(), holder.boot_id(),
                    holder.since(),   asked.reason(), holder.kind(), {},           holder.version()};
  if (const auto release = Digest::from_raw(holder.release())) request.holder.release = release->text();
  request.epoch = holder.epoch();
  request.ttl = Duration(static_cast<std::int64_t>(std::min<std::uint64_t>(asked.ttl_ms(), 24 * 3600 * 1000)));
  request.replaces = asked.replaces();
  return request;
}

// Checks everything before it creates anything here. Once granted, no rollout with a lower epoch can change anything.
Status grant_to(const ResolvedSlot& place, const GrantRequest& request) {
  if (!plain_name(request.holder.rollout))
    return fail(Code::invalid, "\"" + request.holder.rollout + "\" is no rollout's id");
  const GrantFile file(place.slot);
  const auto how = [&](const Grant& held) { return take(held, request, host::boot_now()); };
  DEPLOYCTL_TRY(owner, place.slot.identity());
  if (owner) {
    DEPLOYCTL_CHECK(place.slot.check_identity(place.identity));
    DEPLOYCTL_TRY(held, file.read());
    DEPLOYCTL_TRY(granted, how(held));
  }
  DEPLOYCTL_TRY(current, place.slot.current_folder());  // refuses a real folder now rather than at the switch
  DEPLOYCTL_CHECK(place.slot.claim(place.identity));
  DEPLOYCTL_TRY(granted, file.change(how));
  return {};
}

// Renews the lease, because finishing an activation took time, and surveys.
Result<protocol::pb::Surveyed> settled(const ResolvedSlot& place, const GrantRequest& request) {
  const auto how = [&](const Grant& held) {
    return renew(held, request.holder.rollout, request.epoch, request.ttl, host::boot_now());
  };
  DEPLOYCTL_TRY(granted, GrantFile(place.slot).change(how));
  return survey(place.slot, place.identity, false);
}

Status give_back(const ResolvedSlot& place, const GrantRequest& request) {
  const auto how = [&](const Grant& held) { return drop(held, request.holder.rollout, request.epoch); };
  DEPLOYCTL_TRY(dropped, GrantFile(place.slot).change(how));
  return {};
}

}  // namespace

awaitable<Result<Reply>> answer_take_grant(Context& context, protocol::pb::TakeGrant asked, Exchange& exchange) {
  DEPLOYCTL_CO_TRY(place, placed(context, asked.place()));
  const GrantRequest request = request_of(asked);
  const std::function<Status()> grant = [place, request] { return grant_to(place, request); };
  DEPLOYCTL_CO_CHECK(co_await io::run_blocking(context.pool, grant));
  DEPLOYCTL_CO_TRY(left, unfinished(place.slot));
  const std::function<Status()> undo = [place, request] { return give_back(place, request); };
  if (left) {
    auto finished = co_await follow_activation(place.slot, context.self_exe, &exchange);
    if (!finished && finished.error().code != Code::cancelled) (void)co_await io::run_blocking(context.pool, undo);
    if (!finished) co_return fail(with_context(finished.error(), "finish the activation of rollout " + left->rollout));
  }
  // A prune of the previous rollout may still be running; what the survey lists after it is not removed.
  auto quiet = co_await wait_for_lock(place.slot.state("lock"), "granting rollout " + request.holder.rollout,
                                      grant_wait, exchange);
  if (!quiet && quiet.error().code != Code::cancelled) (void)co_await io::run_blocking(context.pool, undo);
  if (!quiet) co_return fail(quiet.error());
  const std::function<Result<protocol::pb::Surveyed>()> look = [place, request] { return settled(place, request); };
  DEPLOYCTL_CO_TRY(surveyed, co_await io::run_blocking(context.pool, look));
  Reply reply;
  *reply.mutable_granted()->mutable_surveyed() = std::move(surveyed);
  co_return reply;
}

awaitable<Result<Reply>> answer_renew_grant(Context& context, protocol::pb::RenewGrant asked) {
  DEPLOYCTL_CO_TRY(place, placed(context, asked.place()));
  const auto ttl = Duration(static_cast<std::int64_t>(std::min<std::uint64_t>(asked.ttl_ms(), 24 * 3600 * 1000)));
  const std::function<Status()> work = [place, asked, ttl]() -> Status {
    DEPLOYCTL_CHECK(place.slot.check_identity(place.identity));
    const auto how = [&](const Grant& held) {
      return renew(held, asked.rollout(), asked.epoch(), ttl, host::boot_now());
    };
    DEPLOYCTL_TRY(renewed, GrantFile(place.slot).change(how));
    return {};
  };
  DEPLOYCTL_CO_CHECK(co_await io::run_blocking(context.pool, work));
  Reply reply;
  reply.mutable_done();
  co_return reply;
}

awaitable<Result<Reply>> answer_repair_epoch(Context& context, protocol::pb::RepairEpoch asked) {
  DEPLOYCTL_CO_TRY(place, placed(context, asked.place()));
  const std::function<Status()> work = [place, asked]() -> Status {
    DEPLOYCTL_CHECK(place.slot.check_identity(place.identity));
    DEPLOYCTL_TRY(going_on, unfinished(place.slot));
    if (going_on) return fail(Code::locked, "the activation of rollout " + going_on->rollout + " is not at its end");
    const GrantHolder by{
        "epoch-repair",
        asked.holder().user(),
        asked.holder().host(),
        asked.holder().pid(),
        asked.holder().pid_start(),
        asked.holder().boot_id(),
        asked.holder().since(),
        "epoch " + std::to_string(asked.stored()) + " was repaired to " + std::to_string(asked.epoch()),
        {},
        {},
        {}};
    const auto how = [&](const Grant& held) {
      return repair_epoch(held, asked.stored(), asked.epoch(), by, host::boot_now());
    };
    DEPLOYCTL_TRY(repaired, GrantFile(place.slot).change(how));
    return {};
  };
  DEPLOYCTL_CO_CHECK(co_await io::run_blocking(context.pool, work));
  Reply reply;
  reply.mutable_done();
  co_return reply;
}

awaitable<Result<Reply>> answer_drop_grant(Context& context, protocol::pb::DropGrant asked) {
  DEPLOYCTL_CO_TRY(place, placed(context, asked.place()));
  const std::function<Status()> work = [place, asked]() -> Status {
    DEPLOYCTL_CHECK(place.slot.check_identity(place.identity));
    const auto how = [&](const Grant& held) { return drop(held, asked.rollout(), asked.epoch()); };
    DEPLOYCTL_TRY(dropped, GrantFile(place.slot).change(how));
    return {};
  };
  DEPLOYCTL_CO_CHECK(co_await io::run_blocking(context.pool, work));
  Reply reply;
  reply.mutable_done();
  co_return reply;
}

}  // namespace deployctl::target
