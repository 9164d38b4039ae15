#include "core/rollout/survey/requests.hpp"

#include "core/host/this_process.hpp"
#include "core/link/payload_index.hpp"

namespace deployctl::rollout {

protocol::pb::Place place_of(const std::string& service, const std::string& environment, const std::string& deploy_to) {
  protocol::pb::Place place;
  place.set_service(service);
  place.set_environment(environment);
  place.set_deploy_to(deploy_to);
  return place;
}

protocol::pb::Holder holder_of(const std::string& rollout) {
  const host::ThisProcess self = host::this_process();
  protocol::pb::Holder holder;
  holder.set_rollout(rollout);
  holder.set_user(self.user);
  holder.set_host(self.host);
  holder.set_pid(self.pid);
  holder.set_pid_start(self.pid_start);
  holder.set_boot_id(self.boot_id);
  holder.set_since(system_clock().wall().time_since_epoch().count());
  return holder;
}

protocol::pb::Holder holder_of(const std::string& rollout, const std::string& kind, const Goal& goal) {
  protocol::pb::Holder holder = holder_of(rollout);
  holder.set_kind(kind);
  if (!goal.release.empty()) holder.set_release(goal.release.raw());
  holder.set_version(goal.version);
  return holder;
}

protocol::pb::Request survey(const protocol::pb::Place& place, bool with_health, bool with_history,
                             const Digest& goal) {
  protocol::pb::Request request;
  *request.mutable_survey()->mutable_place() = place;
  request.mutable_survey()->set_with_health(with_health);
  request.mutable_survey()->set_with_history(with_history);
  if (!with_health) return request;
  auto& inspect = *request.mutable_survey()->mutable_inspect();
  inspect.set_current(true);
  inspect.set_previous(true);
  if (!goal.empty()) inspect.add_releases(goal.raw());
  return request;
}

protocol::pb::Request take_grant(const Lease& ticket, const std::string& replaces, const std::string& reason) {
  protocol::pb::Request request;
  auto& take = *request.mutable_take_grant();
  *take.mutable_place() = ticket.place;
  *take.mutable_holder() = ticket.holder;
  take.mutable_holder()->set_epoch(ticket.epoch);
  take.set_ttl_ms(static_cast<std::uint64_t>(ticket.grant.count()));
  take.set_replaces(replaces);
  take.set_reason(reason);
  return request;
}

protocol::pb::Request renew_grant(const Lease& ticket) {
  protocol::pb::Request request;
  auto& renew = *request.mutable_renew_grant();
  *renew.mutable_place() = ticket.place;
  renew.set_rollout(ticket.rollout());
  renew.set_epoch(ticket.epoch);
  renew.set_ttl_ms(static_cast<std::uint64_t>(ticket.grant.count()));
  return request;
}

protocol::pb::Request repair_epoch(const protocol::pb::Place& place, const protocol::pb::Holder& by,
                                   std::uint64_t stored, std::uint64_t epoch) {
  protocol::pb::Request request;
  auto& repair = *request.mutable_repair_epoch();
  *repair.mutable_place() = place;
  *repair.mutable_holder() = by;
  repair.set_stored(stored);
  repair.set_epoch(epoch);
  return request;
}

protocol::pb::Request drop_grant(const Lease& ticket) {
  protocol::pb::Request request;
  auto& drop = *request.mutable_drop_grant();
  *drop.mutable_place() = ticket.place;
  drop.set_rollout(ticket.rollout());
  drop.set_epoch(ticket.epoch);
  return request;
}

protocol::pb::Request stage(const Lease& ticket, const std::string& release_json, const Digest& base,
                            const payload::Index& index) {
  protocol::pb::Request request;
  auto& stage = *request.mutable_stage();
  *stage.mutable_place() = ticket.place;
  stage.set_rollout(ticket.rollout());
  stage.set_epoch(ticket.epoch);
  stage.set_release_json(release_json);
  if (!base.empty()) stage.set_base(base.raw());
  *stage.mutable_index() = link::to_message(index);
  return request;
}

protocol::pb::Request activate(const Lease& ticket, const Goal& goal, const std::string& kind,
                               const std::string& region, const std::string& target, unsigned keep_releases) {
  protocol::pb::Request request;
  auto& activate = *request.mutable_activate();
  *activate.mutable_place() = ticket.place;
  activate.set_rollout(ticket.rollout());
  activate.set_epoch(ticket.epoch);
  if (!goal.release.empty()) activate.set_release(goal.release.raw());
  activate.set_folder(goal.folder);
  if (!goal.release.empty()) activate.set_version(goal.version);
  activate.set_kind(kind);
  activate.set_region(region);
  activate.set_target(target);
  activate.set_keep_releases(keep_releases);
  return request;
}

protocol::pb::Request check(const protocol::pb::Place& place) {
  protocol::pb::Request request;
  *request.mutable_check()->mutable_place() = place;
  return request;
}

protocol::pb::Request prune(const Lease& ticket, unsigned keep, const Goal& goal) {
  protocol::pb::Request request;
  auto& prune = *request.mutable_prune();
  *prune.mutable_place() = ticket.place;
  prune.set_rollout(ticket.rollout());
  prune.set_epoch(ticket.epoch);
  prune.set_keep(keep);
  prune.set_then_drop(true);
  if (goal.release.empty()) return request;
  prune.set_release(goal.release.raw());
  prune.set_version(goal.version);
  return request;
}

}  // namespace deployctl::rollout
