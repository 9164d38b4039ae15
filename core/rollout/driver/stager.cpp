#include "core/rollout/driver/stager.hpp"

#include <asio/co_spawn.hpp>

#include "core/io/deadline.hpp"

namespace deployctl::rollout {
namespace {

using asio::awaitable;

constexpr unsigned at_once = 64;  // of one region
constexpr Duration stage_limit{std::chrono::hours(6)};

// A later wave is the first of another region.
bool others_come_after(const RolloutSpec& spec, std::size_t region) {
  std::vector<bool> seen(spec.regions.size(), false);
  for (const auto& wave : spec.waves) {
    const bool was_here = seen[region];
    for (const auto& part : wave.regions) {
      if (was_here && !seen[part.region]) return true;
      seen[part.region] = true;
    }
  }
  return false;
}

}  // namespace

Stager::Stager(asio::any_io_executor executor, fleet::TargetLinks& links, StagerOrder order)
    : executor_(executor), links_(links), order_(std::move(order)), changed_(executor) {
  if (order_.payloads) shipments_.emplace(*order_.payloads, links_, order_.artifact, order_.prefer, ending_);
  for (std::size_t r = 0; r < order_.spec.regions.size(); ++r) {
    turns_.push_back(std::make_unique<io::AsyncSemaphore>(executor, at_once));
    progress_.push_back(std::make_shared<io::Progress>());
  }
}

awaitable<Result<Stager::Done>> Stager::stage(TargetIndex target, Lease ticket, Digest base, OnEvent on_event) {
  if (const auto at = begun_.find(target); at != begun_.end()) {
    const auto begun = at->second;
    begun_.erase(at);
    begun->on_event = on_event;
    auto joined = co_await io::with_cancel(join(begun), ending_, "staging");
    begun->on_event = {};
    // One that fell silent would be silent again, and the rollout's own deadline would come first.
    const bool silent = !joined && joined.error().code == Code::timed_out;
    if (joined || silent || ending_.cancelled()) co_return joined;
  }
  co_return co_await stage_now(target, std::move(ticket), base, std::move(on_event));
}

void Stager::begin(TargetIndex target, Lease ticket, Digest base) {
  const auto begun = std::make_shared<Begun>(executor_);
  begun_[target] = begun;
  ++in_flight_;
  asio::co_spawn(executor_, run(begun, target, std::move(ticket), base), [this, begun](std::exception_ptr failure) {
    if (failure) begun->result.emplace(fail(Code::internal, "staging ended in an unknown way"));
    begun->over.notify_all();
    --in_flight_;
    changed_.notify_all();
  });
}

awaitable<void> Stager::end() {
  ending_.cancel();
  while (in_flight_ > 0) co_await changed_.wait();
}

awaitable<void> Stager::run(std::shared_ptr<Begun> begun, TargetIndex target, Lease ticket, Digest base) {
  const OnEvent watch = [heard = begun.get()](const protocol::pb::Event& event) {
    if (heard->on_event) heard->on_event(event);
  };
  auto done = co_await stage_now(target, std::move(ticket), base, watch);
  begun->result.emplace(std::move(done));
}

awaitable<Result<Stager::Done>> Stager::join(std::shared_ptr<Begun> begun) {
  while (!begun->result) co_await begun->over.wait();
  co_return std::move(*begun->result);
}

awaitable<Result<Stager::Done>> Stager::stage_now(TargetIndex target, Lease ticket, Digest base, OnEvent on_event) {
  const auto turn = co_await turns_[order_.spec.targets[target].region]->take();
  const auto began = io::now_steady();
  auto staged =
      co_await io::with_cancel(stage_on(target, std::move(ticket), base, std::move(on_event)), ending_, "staging");
  if (!staged) co_return fail(staged.error());
  co_return Done{std::move(*staged), io::now_steady() - began};
}

awaitable<Result<protocol::pb::Staged>> Stager::stage_on(TargetIndex target, Lease ticket, Digest base,
                                                         OnEvent on_event) {
  if (!shipments_ || order_.release_json.empty())
    co_return fail(
        with_hint(error(Code::not_found,
                        "the target has no usable copy of the release, and this host has no artifact of it to send"),
                  order_.rebuild.empty() ? "deploy the version instead" : order_.rebuild));
  DEPLOYCTL_CO_CHECK(co_await check_agent(target));
  if (!base.empty()) {
    auto staged = co_await stage_from(target, ticket, base, on_event);
    if (staged || staged.error().code != Code::not_found) co_return staged;
  }
  auto staged = co_await stage_from(target, std::move(ticket), Digest{}, std::move(on_event));
  if (!staged && staged.error().code == Code::not_found && !order_.rebuild.empty())
    co_return fail(with_hint(staged.error(), order_.rebuild));
  co_return staged;
}

// An older agent would refuse the manifest without saying what for.
awaitable<Status> Stager::check_agent(TargetIndex target) {
  const std::string older = links_.lacks(target, protocol::feature_private_modes);
  if (older.empty()) co_return Status{};
  const bool needed = co_await order_.payloads->has_private_modes(order_.artifact);
  if (!needed) co_return Status{};
  co_return fail(with_hint(
      error(Code::unsupported, older + ": the artifact has files without rights for others, which it can't keep"),
      "install the agent of this deployctl there, or give the files a mode such as 0644 in a build step"));
}

awaitable<Result<protocol::pb::Staged>> Stager::stage_from(TargetIndex target, Lease ticket, Digest base,
                                                           OnEvent on_event) {
  const std::size_t region = order_.spec.targets[target].region;
  const bool last = !others_come_after(order_.spec, region);
  DEPLOYCTL_CO_TRY(ship, co_await shipments_->get(base, region, target, last));
  const auto request = rollout::stage(ticket, order_.release_json, base, ship->chunks->index());
  const auto progress = progress_[region];
  progress->made();
  const OnEvent watch = [progress, on_event,
                         received = std::make_shared<std::uint64_t>(0)](const protocol::pb::Event& event) {
    if (event.has_progress() && event.progress().received() > *received) {
      *received = event.progress().received();
      progress->made();
    }
    if (on_event) on_event(event);
  };
  // Shorter than the rollout's own deadline, so that one silent target is given up before the rollout is.
  const Duration stall = order_.spec.progress_deadline * 9 / 10;
  auto work = io::with_stall_limit(links_.call(target, request, stage_limit, watch, ship), progress, stall, "staging");
  DEPLOYCTL_CO_TRY(reply, co_await std::move(work));
  progress->made();
  co_return reply.staged();
}

}  // namespace deployctl::rollout
