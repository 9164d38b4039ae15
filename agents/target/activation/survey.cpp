#include "agents/target/activation/survey.hpp"

#include "agents/target/activation/health.hpp"
#include "agents/target/activation/hooks.hpp"
#include "agents/target/activation/journal.hpp"
#include "agents/target/grant/grant.hpp"
#include "core/host/free_space.hpp"
#include "core/io/files.hpp"
#include "core/text/program_output.hpp"

namespace deployctl::target {
namespace {

protocol::pb::Holder to_wire(const Grant& grant, const host::BootTime& now) {
  protocol::pb::Holder holder;
  holder.set_rollout(grant.holder.rollout);
  holder.set_user(grant.holder.user);
  holder.set_host(grant.holder.host);
  holder.set_pid(grant.holder.pid);
  holder.set_pid_start(grant.holder.pid_start);
  holder.set_boot_id(grant.holder.boot_id);
  holder.set_since(grant.holder.since);
  holder.set_epoch(grant.epoch);
  holder.set_expires_in_ms(static_cast<std::uint64_t>(grant.left(now).count()));
  holder.set_kind(grant.holder.kind);
  if (const auto release = Digest::parse(grant.holder.release)) holder.set_release(release->raw());
  holder.set_version(text::printable(grant.holder.version));
  return holder;
}

protocol::pb::Receipt to_wire(const Receipt& receipt) {
  protocol::pb::Receipt out;
  out.set_time(receipt.time);
  out.set_rollout(text::printable(receipt.rollout));
  out.set_epoch(receipt.epoch);
  if (const auto release = Digest::parse(receipt.release)) out.set_release(release->raw());
  out.set_folder(text::printable(receipt.folder));
  out.set_version(text::printable(receipt.version));
  out.set_outcome(to_string(receipt.outcome));
  out.set_kind(text::printable(receipt.kind));
  if (const auto release = Digest::parse(receipt.from_release)) out.set_from_release(release->raw());
  out.set_from_folder(text::printable(receipt.from));
  return out;
}

// Adds which releases ran here, and which rollout was last.
Status add_history(const Slot& slot, const std::vector<KeptRelease>& kept, const Grant& grant,
                   const host::BootTime& now, protocol::pb::Surveyed& out) {
  if (grant.epoch > 0) *out.mutable_last_grant() = to_wire(grant, now);
  DEPLOYCTL_TRY(receipts, read_receipts(slot));
  for (const auto& receipt : recent_receipts(receipts, kept)) *out.add_receipts() = to_wire(receipt);
  return {};
}

// Gives a check the environment that it had in the activation: region, target and rollout are those of the last one.
// PREVIOUS_RELEASE is the release itself here.
ProbeContext context_of(const Slot& slot, const Identity& identity, const KeptRelease& kept) {
  Intent intent;
  if (auto journal = Journal::read(slot)) intent = std::move(journal->intent);
  intent.service = identity.service;
  intent.environment = identity.environment;
  HookWords words{kept.version(), slot.release(kept.folder), slot.release(kept.folder), slot.path(), slot.shared()};
  return {slot.release(kept.folder), hook_env(intent, words, kept.release->activation.env)};
}

}  // namespace

protocol::pb::KeptRelease to_wire(const KeptRelease& kept) {
  protocol::pb::KeptRelease out;
  out.set_folder(text::printable(kept.folder));
  out.set_version(text::printable(kept.version()));
  if (kept.release) {
    out.set_release(kept.release->digest().raw());
    out.set_artifact(kept.release->artifact.raw());
  }
  out.set_staged_at(kept.staged_at);
  out.set_confirmed(kept.confirmed);
  out.set_confirmed_at(kept.confirmed_at);
  out.set_failed(kept.failed);
  for (const auto& name : kept.names) out.add_names(text::printable(name));
  if (kept.unreadable) {
    out.set_damaged(true);
    out.set_damage(text::printable(kept.unreadable->text()));
  }
  return out;
}

protocol::pb::Unremoved to_wire(const Unremoved& one) {
  protocol::pb::Unremoved out;
  Error why = one.error;
  why.message = text::printable(why.message);
  out.set_path(text::printable(one.path));
  *out.mutable_error() = protocol::to_abort(why);
  return out;
}

Result<protocol::pb::Health> check_health(const Slot& slot, const Identity& identity) {
  protocol::pb::Health health;
  DEPLOYCTL_TRY(current, slot.current_folder());
  health.set_state("absent");
  if (!current) return health;
  health.set_state("unchecked");
  auto kept = kept_release(slot, *current);
  if (!kept) {
    health.set_state("unhealthy");
    health.add_failing(text::printable("current points to " + *current + ", which is not there"));
    return health;
  }
  if (!kept->release || kept->release->activation.health_checks.empty()) return health;
  const auto failing = probe_all(kept->release->activation.health_checks, context_of(slot, identity, *kept));
  health.set_state(failing.empty() ? "healthy" : "unhealthy");
  for (const auto& words : failing) health.add_failing(text::printable(words));
  return health;
}

Result<protocol::pb::Surveyed> survey(const Slot& slot, const Identity& identity, bool with_health, bool with_history) {
  protocol::pb::Surveyed out;
  out.set_free_bytes(host::free_bytes(slot.path()).value_or(0));
  DEPLOYCTL_TRY(owner, slot.identity());
  if (owner && *owner != identity) {
    out.set_other_service(owner->text());
    return out;
  }
  DEPLOYCTL_TRY(current, slot.current_folder());
  DEPLOYCTL_TRY(kept, kept_releases(slot));
  for (const auto& one : kept) {
    *out.add_kept() = to_wire(one);
    if (current && one.folder == *current) *out.mutable_current() = to_wire(one);
  }
  // A dangling link still shows which release should run.
  if (current && !out.has_current()) out.mutable_current()->set_folder(text::printable(*current));
  DEPLOYCTL_TRY(grant, GrantFile(slot).read());
  const host::BootTime now = host::boot_now();
  out.set_epoch(grant.epoch);
  if (grant.living(now)) *out.mutable_holder() = to_wire(grant, now);
  for (const auto& one : unremoved(slot)) *out.add_unremoved() = to_wire(one);
  DEPLOYCTL_TRY(going_on, unfinished(slot));
  if (going_on) out.set_unfinished_rollout(going_on->rollout);
  if (with_history) {
    DEPLOYCTL_CHECK(add_history(slot, kept, grant, now, out));
  }
  if (with_health) {
    DEPLOYCTL_TRY(health, check_health(slot, identity));
    *out.mutable_health() = std::move(health);
  }
  return out;
}

}  // namespace deployctl::target
