// The requests of a target, one function each, and what they share. They run on the session's strand and their blocking
// work on the context's pool. Private to the module. An error becomes the answer to the request.
#pragma once

#include <string>

#include "agents/serve/service.hpp"
#include "agents/target/slot/slot.hpp"
#include "core/base/duration.hpp"
#include "core/io/flock.hpp"

namespace asio {
class thread_pool;
}

namespace deployctl::target {

using serve::awaitable;
using serve::Exchange;

struct Context {
  asio::thread_pool& pool;
  std::string self_exe;
  std::string home;
  Duration stage_wait{0};  // TargetOptions
};

struct ResolvedSlot {
  Slot slot;
  Identity identity;
};
Result<ResolvedSlot> placed(const Context& context, const protocol::pb::Place& place);

// The rollout that makes a request, in every request that changes something.
struct Claim {
  std::string rollout;
  std::uint64_t epoch = 0;
};
// Checks that the slot belongs to the service and the rollout holds its lease. Blocking, brief.
Status check_claim(const ResolvedSlot& place, const Claim& claim);

// Takes one of the slot's locks, waiting at most `most`; then Code::locked, naming the process that holds it.
// Code::cancelled if the caller disconnects meanwhile.
awaitable<Result<io::FileLock>> wait_for_lock(std::string path, std::string holder, Duration most, Exchange& exchange);

awaitable<Result<protocol::pb::Reply>> answer_survey(Context& context, protocol::pb::Survey asked);
awaitable<Result<protocol::pb::Reply>> answer_check(Context& context, protocol::pb::Check asked);
awaitable<Result<protocol::pb::Reply>> answer_read_log(Context& context, protocol::pb::ReadLog asked);
// Answers after an activation that another rollout left unfinished has been completed. If that fails, the lease is
// dropped again.
awaitable<Result<protocol::pb::Reply>> answer_take_grant(Context& context, protocol::pb::TakeGrant asked,
                                                         Exchange& exchange);
awaitable<Result<protocol::pb::Reply>> answer_renew_grant(Context& context, protocol::pb::RenewGrant asked);
awaitable<Result<protocol::pb::Reply>> answer_drop_grant(Context& context, protocol::pb::DropGrant asked);
awaitable<Result<protocol::pb::Reply>> answer_repair_epoch(Context& context, protocol::pb::RepairEpoch asked);
awaitable<Result<protocol::pb::Reply>> answer_stage(Context& context, protocol::pb::Stage asked, Exchange& exchange);
awaitable<Result<protocol::pb::Reply>> answer_activate(Context& context, protocol::pb::Activate asked,
                                                       Exchange& exchange);
awaitable<Result<protocol::pb::Reply>> answer_prune(Context& context, protocol::pb::Prune asked, Exchange& exchange);

}  // namespace deployctl::target
