#include "agents/relay/reconcile/reconcile_step.hpp"

#include <algorithm>

#include "core/model/epoch.hpp"

namespace deployctl::relay {
namespace {

using protocol::pb::Desire;
using protocol::pb::Member;
using protocol::pb::Surveyed;

bool at_goal(const Desire& desire, const Surveyed& look) {
  return look.has_current() && look.current().release() == desire.release() && look.current().confirmed() &&
         look.unfinished_rollout().empty();
}

bool serves(const Surveyed& look) {
  return look.has_current() && (look.health().state() == "healthy" || look.health().state() == "unchecked");
}

// Another rollout has started since, so the desired state is outdated. A holder with a lower epoch is older than the
// desired state: usually the previous rollout, on a target that disconnected before the lease was released. An epoch
// that no rollout can have reached since comes from a single faulty host and must not end the work for the others.
bool superseded(const Desire& desire, const Observations& looks) {
  return std::any_of(looks.begin(), looks.end(), [&](const auto& look) {
    if (!look) return false;
    const bool ahead = look->epoch() > desire.holder().epoch();
    if (ahead && look->epoch() - desire.holder().epoch() > model::max_epoch_lead) return false;
    if (look->epoch() != desire.holder().epoch()) return look->epoch() > desire.holder().epoch();
    return look->has_holder() && look->holder().rollout() != desire.holder().rollout();
  });
}

bool waits_for(const Member& member) { return member.behind() && member.trouble().empty(); }

const protocol::pb::KeptPayload* payload_for(const Desire& desire, const Surveyed& look) {
  const std::string base = look.has_current() ? look.current().artifact() : "";
  for (const auto& payload : desire.payloads())
    if (payload.base() == base) return &payload;
  for (const auto& payload : desire.payloads())
    if (payload.base().empty()) return &payload;
  return nullptr;
}

bool keeps(const Desire& desire, const Surveyed& look) {
  return std::any_of(look.kept().begin(), look.kept().end(),
                     [&](const auto& kept) { return kept.release() == desire.release(); });
}

// A healthy target is stopped only if enough others serve without it.
bool budget_bears(const Desire& desire, const Observations& looks, int member) {
  if (!serves(*looks[static_cast<std::size_t>(member)])) return true;
  unsigned others = 0;
  for (std::size_t i = 0; i < looks.size(); ++i)
    others += static_cast<int>(i) != member && looks[i] && serves(*looks[i]);
  return others >= desire.min_healthy();
}

void settle(Desire& desire, const Observations& looks) {
  for (int i = 0; i < desire.members_size(); ++i) {
    auto& member = *desire.mutable_members(i);
    const auto& look = looks[static_cast<std::size_t>(i)];
    if (!waits_for(member) || !look) continue;
    if (at_goal(desire, *look))
      member.set_behind(false);
    else if (!look->other_service().empty())
      member.set_trouble("its folder belongs to " + look->other_service());
    else if (!keeps(desire, *look) && (desire.release_json().empty() || !payload_for(desire, *look)))
      member.set_trouble("nothing here brings it from " +
                         (look->has_current() ? look->current().version() : "nothing") + " to the release");
  }
}

void give_up(Desire& desire) {
  const auto failed =
      std::count_if(desire.members().begin(), desire.members().end(), [](const Member& m) { return m.failed(); });
  if (failed <= static_cast<std::ptrdiff_t>(desire.most_failures())) return;
  for (auto& member : *desire.mutable_members())
    if (waits_for(member))
      member.set_trouble("not tried: it failed on " + std::to_string(failed) + " that came back before");
}

}  // namespace

bool any_trouble(const Desire& desire) {
  return std::any_of(desire.members().begin(), desire.members().end(),
                     [](const Member& m) { return m.behind() && !m.trouble().empty(); });
}

bool any_behind(const Desire& desire) {
  return std::any_of(desire.members().begin(), desire.members().end(), waits_for);
}

ReconcileStep next_step(Desire& desire, const Observations& looks, WallTime now) {
  using What = ReconcileStep::What;
  if (now.time_since_epoch().count() >= desire.not_after() || superseded(desire, looks)) return {.what = What::over};
  settle(desire, looks);
  give_up(desire);
  if (!any_behind(desire)) return {.what = What::done};
  const auto answered = std::count_if(looks.begin(), looks.end(), [](const auto& look) { return look.has_value(); });
  if (answered * 2 < static_cast<std::ptrdiff_t>(looks.size())) return {};
  for (int i = 0; i < desire.members_size(); ++i) {
    const auto& look = looks[static_cast<std::size_t>(i)];
    if (!waits_for(desire.members(i)) || !look || !budget_bears(desire, looks, i)) continue;
    ReconcileStep update_member{What::update, i, !keeps(desire, *look), nullptr, {}};
    if (update_member.stage) update_member.payload = payload_for(desire, *look);
    if (look->has_holder() && look->epoch() < desire.holder().epoch())
      update_member.replaces = look->holder().rollout();
    return update_member;
  }
  return {};
}

}  // namespace deployctl::relay
