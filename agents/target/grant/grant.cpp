#include "agents/target/grant/grant.hpp"

#include <unistd.h>

#include <algorithm>

#include "agents/target/slot/json.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/files.hpp"
#include "core/io/trusted_path.hpp"
#include "core/model/epoch.hpp"

namespace deployctl::target {
namespace {

constexpr Duration longest_ttl{std::chrono::hours(1)};
constexpr Duration grant_lock_wait{std::chrono::seconds(2)};

std::string words(const GrantHolder& holder) {
  std::string text = "rollout " + holder.rollout;
  if (!holder.user.empty() || !holder.host.empty()) text += " of " + holder.user + "@" + holder.host;
  if (holder.pid != 0) text += " (process " + std::to_string(holder.pid) + ")";
  if (!holder.reason.empty()) text += ", \"" + holder.reason + "\"";
  return text;
}

Error held_by(const Grant& grant, const host::BootTime& now) {
  return with_hint(error(Code::locked, "held by " + words(grant.holder) + "; its grant lasts another " +
                                           human_duration(grant.left(now)) + " unless renewed"),
                   "wait for it, or take over with a reason");
}

Error superseded(const Grant& grant, std::uint64_t epoch) {
  return error(Code::locked, "epoch " + std::to_string(epoch) + " is over: epoch " + std::to_string(grant.epoch) +
                                 " was granted to " + words(grant.holder));
}

constexpr const char* repair_hint = "deployctl fleet repair-epoch PLAN";

Error out_of_range(std::uint64_t epoch) {
  return with_hint(
      error(Code::locked, "epoch " + std::to_string(epoch) + " is out of range: no rollout can have reached it"),
      repair_hint);
}

Error too_far(std::uint64_t asked, std::uint64_t held) {
  return with_hint(error(Code::locked, "epoch " + std::to_string(asked) + " is too far above epoch " +
                                           std::to_string(held) + ", which this target stores"),
                   repair_hint);
}

host::BootTime until(const host::BootTime& now, Duration ttl) {
  return {now.boot_id, now.ms + std::clamp(ttl, Duration(1), longest_ttl).count()};
}

Json to_json(const Grant& grant) {
  const GrantHolder& h = grant.holder;
  return {{"epoch", grant.epoch},
          {"dropped", grant.dropped},
          {"rollout", h.rollout},
          {"user", h.user},
          {"host", h.host},
          {"pid", h.pid},
          {"pid_start", h.pid_start},
          {"holder_boot_id", h.boot_id},
          {"since", h.since},
          {"reason", h.reason},
          {"boot_id", grant.expires.boot_id},
          {"expires_boottime_ms", grant.expires.ms},
          {"kind", h.kind},
          {"release", h.release},
          {"version", h.version}};
}

Grant grant_from(const Json& json) {
  Grant grant;
  json.at("epoch").get_to(grant.epoch);
  json.at("dropped").get_to(grant.dropped);
  json.at("rollout").get_to(grant.holder.rollout);
  json.at("user").get_to(grant.holder.user);
  json.at("host").get_to(grant.holder.host);
  json.at("pid").get_to(grant.holder.pid);
  json.at("pid_start").get_to(grant.holder.pid_start);
  json.at("holder_boot_id").get_to(grant.holder.boot_id);
  json.at("since").get_to(grant.holder.since);
  json.at("reason").get_to(grant.holder.reason);
  json.at("boot_id").get_to(grant.expires.boot_id);
  json.at("expires_boottime_ms").get_to(grant.expires.ms);
  grant.holder.kind = json.value("kind", "");
  grant.holder.release = json.value("release", "");
  grant.holder.version = json.value("version", "");
  return grant;
}

}  // namespace

Duration Grant::left(const host::BootTime& now) const {
  if (dropped || expires.boot_id != now.boot_id) return Duration(0);
  return Duration(std::max<std::int64_t>(expires.ms - now.ms, 0));
}

Result<Grant> take(const Grant& held, const GrantRequest& request, const host::BootTime& now) {
  const bool same = held.holder.rollout == request.holder.rollout;
  if (request.holder.rollout.empty()) return fail(Code::invalid, "a grant needs a rollout's id");
  if (request.epoch > model::max_epoch) return fail(out_of_range(request.epoch));
  if (held.epoch > model::max_epoch) return fail(out_of_range(held.epoch));
  if (held.epoch > 0 && request.epoch > held.epoch && request.epoch - held.epoch > model::max_epoch_step)
    return fail(too_far(request.epoch, held.epoch));
  if (!same && held.living(now) && request.replaces != held.holder.rollout) return fail(held_by(held, now));
  if (request.epoch == 0 || request.epoch < held.epoch || (request.epoch == held.epoch && !same))
    return fail(superseded(held, request.epoch));
  return Grant{request.epoch, request.holder, false, until(now, request.ttl)};
}

Result<Grant> repair_epoch(const Grant& held, std::uint64_t stored, std::uint64_t epoch, const GrantHolder& by,
                           const host::BootTime& now) {
  if (epoch > model::max_epoch) return fail(out_of_range(epoch));
  if (held.living(now)) return fail(held_by(held, now));
  if (held.epoch != stored)
    return fail(Code::locked,
                "this target stores epoch " + std::to_string(held.epoch) + " by now, not " + std::to_string(stored));
  const std::uint64_t apart = std::max(stored, epoch) - std::min(stored, epoch);
  if (apart <= model::max_epoch_lead)
    return fail(Code::refused, "epoch " + std::to_string(stored) + " needs no repair: it is not far from epoch " +
                                   std::to_string(epoch));
  return Grant{epoch, by, true, {}};
}

Result<Grant> renew(const Grant& held, const std::string& rollout, std::uint64_t epoch, Duration ttl,
                    const host::BootTime& now) {
  if (held.epoch != epoch || held.holder.rollout != rollout) return fail(superseded(held, epoch));
  if (held.dropped) return fail(Code::locked, "rollout " + rollout + " has given its grant back");
  Grant renewed = held;
  renewed.expires = until(now, ttl);
  return renewed;
}

Result<Grant> drop(const Grant& held, const std::string& rollout, std::uint64_t epoch) {
  if (held.dropped) return held;
  if (held.epoch != epoch || held.holder.rollout != rollout) return fail(superseded(held, epoch));
  Grant dropped = held;
  dropped.dropped = true;
  return dropped;
}

Status check(const Grant& held, const std::string& rollout, std::uint64_t epoch, const host::BootTime& now) {
  if (held.epoch != epoch || held.holder.rollout != rollout) {
    if (held.epoch == 0) return fail(Code::locked, "rollout " + rollout + " has no grant here");
    return fail(superseded(held, epoch));
  }
  if (held.dropped) return fail(Code::locked, "rollout " + rollout + " has given its grant back");
  if (!held.living(now))
    return fail(with_hint(error(Code::locked, "the grant of rollout " + rollout + " has expired"),
                          "renew it, or take a new one"));
  return {};
}

Result<Grant> GrantFile::read() const {
  const std::string file = slot_.state("grant.json");
  auto text = io::read_own_file(file);
  if (!text && text.error().code == Code::not_found) return Grant{};
  if (!text) return fail(text.error());
  return read_json<Grant>(*text, file, grant_from);
}

Result<io::FileLock> GrantFile::lock() const {
  auto lock = io::FileLock::lock(slot_.state("grant.lock"), "process " + std::to_string(::getpid()), grant_lock_wait);
  if (lock || lock.error().code != Code::locked) return lock;
  Error why = lock.error();
  why.code = Code::timed_out;
  return fail(std::move(why));
}

Result<Grant> GrantFile::change(const std::function<Result<Grant>(const Grant&)>& how) const {
  DEPLOYCTL_TRY(lock, this->lock());
  DEPLOYCTL_TRY(held, read());
  DEPLOYCTL_TRY(changed, how(held));
  DEPLOYCTL_CHECK(io::write_file(slot_.state("grant.json"), dump(to_json(changed)) + "\n", 0600));
  return changed;
}

}  // namespace deployctl::target
