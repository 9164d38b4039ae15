// The requests activate and prune.
#include <sys/stat.h>

#include <algorithm>

#include "agents/target/activation/activation_watch.hpp"
#include "agents/target/activation/preconditions.hpp"
#include "agents/target/activation/prune.hpp"
#include "agents/target/activation/survey.hpp"
#include "agents/target/grant/grant.hpp"
#include "agents/target/requests.hpp"
#include "agents/target/slot/kept_releases.hpp"
#include "core/io/blocking.hpp"
#include "core/io/deadline.hpp"

namespace deployctl::target {
namespace {

using protocol::pb::Activated;
using protocol::pb::Reply;

constexpr Duration prune_wait{std::chrono::minutes(1)};   // for locks that are held briefly
constexpr std::size_t longest_kind = 32;                  // bytes
constexpr Duration begin_wait{std::chrono::seconds(20)};  // for the lock under which an activation begins
constexpr std::size_t max_listed = 20;                    // paths that a prune could not remove

struct Goal {
  std::string folder;   // empty: no release is to run
  std::string release;  // digest text; empty: not made by deployctl
};

Goal goal_at(const KeptRelease& kept) { return {kept.folder, kept.release ? kept.release->digest().text() : ""}; }

Result<Goal> goal_of(const Slot& slot, const protocol::pb::Activate& asked) {
  if (!asked.release().empty() && !asked.folder().empty())
    return fail(Code::invalid, "activate a release or a folder, not both");
  if (!asked.release().empty()) {
    DEPLOYCTL_TRY(digest, Digest::from_raw(asked.release()));
    DEPLOYCTL_TRY(kept, kept_release(slot, digest));
    return goal_at(kept);
  }
  if (asked.folder().empty()) return Goal{};
  if (!plain_name(asked.folder())) return fail(Code::invalid, "\"" + asked.folder() + "\" is no release folder's name");
  DEPLOYCTL_TRY(kept, kept_release(slot, asked.folder()));
  return goal_at(kept);
}

// The result of examining a request: an answer, a journal to follow, another rollout's journal to finish first, or a
// retry.
struct Finding {
  enum class Kind { answer, follow, finish_other, again };
  Kind kind = Kind::again;
  Activated answer;
};

Finding answer(Activated activated) { return {Finding::Kind::answer, std::move(activated)}; }

// Decides by the journal: the same request was made before, or another rollout's activation must be finished first.
Result<std::optional<Finding>> find_in_journal(const Slot& slot, const Claim& claim, const Goal& goal) {
  auto journal = Journal::read(slot);
  if (!journal && journal.error().code == Code::not_found) return std::optional<Finding>{};
  if (!journal) return fail(journal.error());
  const Intent& intent = journal->intent;
  const bool ended = fold(journal->records).ended.has_value();
  const bool same = intent.rollout == claim.rollout && intent.epoch == claim.epoch && intent.to == goal.folder &&
                    intent.to_release == goal.release;
  if (same && ended) return std::optional(answer(activated_of(slot, *journal)));
  if (same) return std::optional(Finding{Finding::Kind::follow, {}});
  if (!ended) return std::optional(Finding{Finding::Kind::finish_other, {}});
  return std::optional<Finding>{};
}

// The goal is reached already: current, confirmed, and healthy now. Runs health checks, so no lock is held here.
Result<std::optional<Activated>> find_already(const ResolvedSlot& place, const Goal& goal) {
  DEPLOYCTL_TRY(current, place.slot.current_folder());
  if (current.value_or("") != goal.folder) return std::optional<Activated>{};
  Activated already;
  already.set_outcome(Activated::DEACTIVATED);
  if (goal.folder.empty()) return std::optional(std::move(already));
  DEPLOYCTL_TRY(kept, kept_release(place.slot, goal.folder));
  if (kept.failed || (kept.release && !kept.confirmed)) return std::optional<Activated>{};
  // The tree was replaced by a whole one after the last confirmation: what runs was started from the damaged one.
  if (kept.sealed_at > kept.confirmed_at && kept.release) return std::optional<Activated>{};
  DEPLOYCTL_TRY(health, check_health(place.slot, place.identity));
  if (health.state() == "unhealthy") return std::optional<Activated>{};
  already.set_outcome(Activated::ALREADY);
  *already.mutable_current() = to_wire(kept);
  return std::optional(std::move(already));
}

Result<Intent> intent_of(const ResolvedSlot& place, const protocol::pb::Activate& asked, const Goal& goal) {
  Intent intent;
  intent.rollout = asked.rollout();
  intent.epoch = asked.epoch();
  intent.service = place.identity.service;
  intent.environment = place.identity.environment;
  intent.region = asked.region();
  intent.target = asked.target();
  intent.kind = asked.kind();
  intent.to = goal.folder;
  intent.to_release = goal.release;
  DEPLOYCTL_TRY(current, place.slot.current_folder());
  intent.from = current.value_or("");
  if (auto kept = kept_release(place.slot, intent.from)) intent.from_release = goal_at(*kept).release;
  struct stat st {};
  if (::stat(place.slot.hook_log(intent.rollout).c_str(), &st) == 0)
    intent.log_from = static_cast<std::uint64_t>(st.st_size);
  return intent;
}

// Holds both locks: no other process changes the slot, and no newer lease is granted while the journal begins.
Result<Finding> begin(const ResolvedSlot& place, const protocol::pb::Activate& asked, const Goal& goal) {
  auto lock = io::FileLock::try_lock(place.slot.state("lock"), "rollout " + asked.rollout());
  if (!lock && lock.error().code == Code::locked) return Finding{};
  if (!lock) return fail(lock.error());
  DEPLOYCTL_TRY(granting, GrantFile(place.slot).lock());
  DEPLOYCTL_CHECK(check_claim(place, {asked.rollout(), asked.epoch()}));
  DEPLOYCTL_TRY(left, unfinished(place.slot));
  if (left) return Finding{};
  if (!goal.release.empty()) {
    DEPLOYCTL_CHECK(add_name(place.slot, goal.folder, asked.version()));
  }
  DEPLOYCTL_TRY(intent, intent_of(place, asked, goal));
  DEPLOYCTL_CHECK(Journal::begin(place.slot, intent));
  return Finding{Finding::Kind::follow, {}};
}

// A refusal here leaves no receipt: nothing was tried, so the release does not count as failed.
Status check_goal(const Slot& slot, const protocol::pb::Activate& asked, const Goal& goal) {
  if (goal.folder.empty()) return {};
  DEPLOYCTL_TRY(kept, kept_release(slot, goal.folder));
  DEPLOYCTL_TRY(current, slot.current_folder());
  Preconditions of;
  of.folder = goal.folder;
  of.way_back = asked.kind() == kind_revert;
  of.installs = current != goal.folder && kept.release && kept.release->activation.hook(model::TargetHook::install);
  return check_preconditions(slot, of);
}

Result<Finding> look(const ResolvedSlot& place, const protocol::pb::Activate& asked) {
  const Claim claim{asked.rollout(), asked.epoch()};
  DEPLOYCTL_CHECK(check_claim(place, claim));
  if (asked.kind().size() > longest_kind) return fail(Code::invalid, "the kind of an activation is one word");
  DEPLOYCTL_TRY(goal, goal_of(place.slot, asked));
  DEPLOYCTL_TRY(known, find_in_journal(place.slot, claim, goal));
  if (known) return std::move(*known);
  DEPLOYCTL_TRY(already, find_already(place, goal));
  if (already) return answer(std::move(*already));
  DEPLOYCTL_CHECK(check_goal(place.slot, asked, goal));
  return begin(place, asked, goal);
}

awaitable<Result<Activated>> activate(Context& context, ResolvedSlot place, protocol::pb::Activate asked,
                                      Exchange& exchange) {
  const std::function<Result<Finding>()> work = [place, asked] { return look(place, asked); };
  const auto give_up = io::now_steady() + begin_wait;
  for (;;) {
    DEPLOYCTL_CO_TRY(found, co_await io::run_blocking(context.pool, work));
    if (found.kind == Finding::Kind::answer) co_return std::move(found.answer);
    if (found.kind == Finding::Kind::follow)
      co_return co_await follow_activation(place.slot, context.self_exe, &exchange);
    if (found.kind == Finding::Kind::finish_other) {
      DEPLOYCTL_CO_CHECK(co_await follow_activation(place.slot, context.self_exe, &exchange));
      continue;
    }
    if (exchange.cancelled().cancelled()) co_return fail(Code::cancelled, "the caller went away before it began");
    if (io::now_steady() >= give_up) co_return fail(io::FileLock::locked(place.slot.state("lock")));
    co_await io::sleep_for(std::chrono::milliseconds(50));
  }
}

// The name that a rollout gives to the release it leaves running.
struct Named {
  Digest release;
  std::string version;  // empty: no further name
};

Status name_current(const Slot& slot, const Named& named) {
  if (named.version.empty()) return {};
  DEPLOYCTL_TRY(current, slot.current_folder());
  if (!current) return {};
  DEPLOYCTL_TRY(kept, kept_release(slot, *current));
  if (!kept.release || kept.release->digest() != named.release) return {};
  return add_name(slot, *current, named.version);
}

// The claim is checked under the locks: a newer rollout that was granted the lease waits for the lock before it
// surveys, so nothing that its survey lists is pruned here.
awaitable<Result<PruneResult>> prune_locked(Context& context, ResolvedSlot place, Claim claim,
                                            std::vector<Digest> in_use, std::size_t keep, Named named,
                                            Exchange& exchange) {
  const Slot& slot = place.slot;
  DEPLOYCTL_CO_TRY(staging, co_await wait_for_lock(slot.state("staging.lock"), "pruning", prune_wait, exchange));
  DEPLOYCTL_CO_TRY(lock, co_await wait_for_lock(slot.state("lock"), "pruning", prune_wait, exchange));
  const std::function<Result<PruneResult>()> work = [place, claim, in_use, keep, named]() -> Result<PruneResult> {
    DEPLOYCTL_CHECK(check_claim(place, claim));
    DEPLOYCTL_CHECK(name_current(place.slot, named));
    return prune(place.slot, in_use, keep);
  };
  co_return co_await io::run_blocking(context.pool, work);
}

Reply pruned_reply(const PruneResult& result) {
  Reply reply;
  auto& pruned = *reply.mutable_pruned();
  for (const auto& folder : result.folders) pruned.add_folders(folder);
  const std::size_t listed = std::min(result.unremoved.size(), max_listed);
  for (std::size_t i = 0; i < listed; ++i) *pruned.add_unremoved() = to_wire(result.unremoved[i]);
  pruned.set_unlisted(static_cast<std::uint32_t>(result.unremoved.size() - listed));
  return reply;
}

// Paths that could not be removed are recorded in the slot's files and appear in surveys. The release that ran before
// is kept too, since a rollback of this rollout returns to it.
awaitable<void> prune_after(Context& context, ResolvedSlot place, Claim claim, std::size_t keep, Exchange& exchange) {
  const auto journal = Journal::read(place.slot);
  if (!journal) co_return;
  std::vector<Digest> in_use;
  if (const auto from = Digest::parse(journal->intent.from_release)) in_use.push_back(*from);
  const Named no_name{};  // named before the co_await: g++ 12 frees a temporary aggregate in it twice
  (void)co_await prune_locked(context, place, std::move(claim), std::move(in_use), keep, no_name, exchange);
}

}  // namespace

awaitable<Result<Reply>> answer_activate(Context& context, protocol::pb::Activate asked, Exchange& exchange) {
  DEPLOYCTL_CO_TRY(place, placed(context, asked.place()));
  DEPLOYCTL_CO_TRY(activated, co_await activate(context, place, asked, exchange));
  const Claim claim{asked.rollout(), asked.epoch()};
  if (asked.keep_releases() > 0 && activated.outcome() == Activated::ACTIVE)
    co_await prune_after(context, place, claim, asked.keep_releases(), exchange);
  Reply reply;
  *reply.mutable_activated() = std::move(activated);
  co_return reply;
}

awaitable<Result<Reply>> answer_prune(Context& context, protocol::pb::Prune asked, Exchange& exchange) {
  DEPLOYCTL_CO_TRY(place, placed(context, asked.place()));
  if (asked.keep() == 0) co_return fail(Code::invalid, "prune keeps at least one release");
  std::vector<Digest> in_use;
  for (const auto& raw : asked.in_use()) {
    DEPLOYCTL_CO_TRY(digest, Digest::from_raw(raw));
    in_use.push_back(digest);
  }
  const Claim claim{asked.rollout(), asked.epoch()};
  Named named;
  if (!asked.version().empty()) {
    DEPLOYCTL_CO_TRY(release, Digest::from_raw(asked.release()));
    named = Named{release, asked.version()};
  }
  auto pruned =
      co_await prune_locked(context, place, claim, std::move(in_use), asked.keep(), std::move(named), exchange);
  if (asked.then_drop()) {
    protocol::pb::DropGrant drop;
    *drop.mutable_place() = asked.place();
    drop.set_rollout(asked.rollout());
    drop.set_epoch(asked.epoch());
    DEPLOYCTL_CO_CHECK(co_await answer_drop_grant(context, drop));
  }
  if (!pruned) co_return fail(pruned.error());
  co_return pruned_reply(*pruned);
}

}  // namespace deployctl::target
