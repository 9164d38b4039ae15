#include "cli/commands/status_report.hpp"

#include <fmt/core.h>

#include <map>

#include "cli/output/humane.hpp"
#include "cli/output/table.hpp"
#include "core/model/release.hpp"
#include "core/rollout/this_process.hpp"

namespace deployctl::commands {
namespace {

using output::Tone;

constexpr std::size_t small_region = 20;

TargetStatus target_status(const model::Target& target, const rollout::TargetSurvey& one, const rollout::ReleaseNames& names) {
  TargetStatus out;
  out.host = target.name();
  if (!one.reply) {
    out.health = "unreachable";
    out.error = one.error;
    return out;
  }
  const auto& reply = *one.reply;
  out.health = reply.health().state().empty() ? "unchecked" : reply.health().state();
  out.failing = {reply.health().failing().begin(), reply.health().failing().end()};
  if (!reply.has_current()) return out;
  const std::string reported = reply.current().version().empty() ? reply.current().folder() : reply.current().version();
  out.release = Digest::from_raw(reply.current().release()).value_or(Digest{});
  out.version = names.display(out.release, reported);
  if (out.version != reported) out.reported = reported;
  if (reply.current().damaged()) out.damage = reply.current().damage();
  for (const auto& kept : reply.kept())
    if (kept.damaged() && kept.folder() != reply.current().folder()) out.previous_damage = kept.version() + ": " + kept.damage();
  if (reply.current().confirmed_at() > 0) out.since = WallTime(std::chrono::milliseconds(reply.current().confirmed_at()));
  return out;
}

JsonObject to_json(const TargetStatus& target) {
  JsonObject out;
  out.add("host", target.host);
  if (target.version.empty()) out.add_null("current");
  else out.add("current", target.version);
  out.add("health", target.health);
  if (!target.release.empty()) out.add("release", target.release.text());
  out.add_if("reported", target.reported);
  if (target.since) out.add("since", to_string(*target.since));
  if (!target.failing.empty()) out.add("failing", target.failing);
  out.add_if("damaged", target.damage).add_if("previous_damaged", target.previous_damage);
  if (target.behind) {
    JsonObject behind;
    behind.add("version", target.behind->version).add("until", to_string(target.behind->until)).add_if("trouble", target.behind->trouble);
    out.add_raw("behind", behind.text());
  }
  if (target.error) {
    JsonObject error;
    error.add("code", deployctl::to_string(target.error->code)).add("message", target.error->text()).add("hint", target.error->hint);
    out.add_raw("error", error.text());
  }
  return out;
}

Tone tone_of(const std::string& health) {
  if (health == "unhealthy") return Tone::bad;
  return health == "unreachable" ? Tone::warn : Tone::plain;
}

std::string note_of(const TargetStatus& target) {
  std::string out;
  if (target.behind && target.behind->trouble.empty()) out = "the relay brings it to " + target.behind->version + " once it answers";
  else if (target.behind) out = "the relay could not bring it to " + target.behind->version + ": " + target.behind->trouble;
  if (!target.reported.empty()) out += (out.empty() ? "" : "; ") + std::string("the target calls it ") + target.reported;
  if (target.error) out += (out.empty() ? "" : "; ") + target.error->text();
  for (const auto& check : target.failing) out += (out.empty() ? "" : "; ") + check;
  if (!target.damage.empty()) out += (out.empty() ? "" : "; ") + ("damaged: " + target.damage + ", deploy " + target.version + " again to repair it");
  if (!target.previous_damage.empty())
    out += (out.empty() ? "" : "; ") + ("damaged: " + target.previous_damage + " (a rollback stages it again)");
  return out;
}

void add_target(output::Table& table, const std::string& region, const TargetStatus& target, WallTime now) {
  table.row({region, target.host, target.version.empty() ? "-" : target.version, target.health == "absent" ? "-" : target.health,
             target.since ? output::age(*target.since, now) : "", note_of(target)},
            tone_of(target.health));
}

bool calm(const TargetStatus& target) {
  return target.reported.empty() && target.damage.empty() && target.previous_damage.empty() && !target.behind && !target.version.empty() && (target.health == "healthy" || target.health == "unchecked");
}

// Many alike are one row, in the order in which the first of each came; all others follow one by one.
void add_grouped(output::Table& table, const RegionStatus& region, WallTime now) {
  std::vector<std::pair<std::string, std::string>> order;
  std::map<std::pair<std::string, std::string>, std::size_t> alike;
  for (const auto& target : region.targets) {
    if (!calm(target)) continue;
    const auto key = std::pair(target.version, target.health);
    if (alike[key]++ == 0) order.push_back(key);
  }
  for (const auto& key : order)
    table.row({region.name, output::count(alike[key], "target"), key.first, key.second, "", ""});
  for (const auto& target : region.targets)
    if (!calm(target)) add_target(table, region.name, target, now);
}

output::Line heading(const StatusReport& report) {
  std::map<std::string, std::size_t> counts;
  for (const auto& region : report.regions)
    for (const auto& target : region.targets) ++counts[target.health];
  output::Line line(report.service + " (" + report.environment + ")", Tone::strong);
  line.add("  " + output::count(report.total(), "target"));
  for (const char* health : {"healthy", "unchecked", "absent", "unhealthy", "unreachable"}) {
    if (counts[health] == 0) continue;
    const char* word = std::string_view(health) == "absent" ? "empty" : health;
    line.add(", ").add(fmt::format("{} {}", output::number(counts[health]), word), tone_of(health));
  }
  return line;
}

output::Line rollout_line(const RolloutStatus& rollout) {
  std::string text = rollout.id + "  " + (rollout.kind.empty() ? "a rollout" : rollout.kind + " of " + rollout.version);
  output::Line line(text + ": ");
  line.add(rollout.state, rollout.state == "succeeded" ? Tone::good : Tone::warn);
  if (!rollout.who.empty()) line.add("  by " + rollout.who, Tone::dim);
  if (!rollout.reason.empty()) line.add("  " + rollout.reason);
  return line;
}

}  // namespace

std::size_t StatusReport::total() const {
  std::size_t n = 0;
  for (const auto& region : regions) n += region.targets.size();
  return n;
}

std::size_t StatusReport::answered() const {
  std::size_t n = 0;
  for (const auto& region : regions)
    for (const auto& target : region.targets) n += target.error ? 0 : 1;
  return n;
}

void StatusReport::tell_of(const std::vector<wire::pb::Desire>& desired) {
  for (const auto& desire : desired) {
    const auto release = model::Release::parse(desire.release_json());
    const auto digest = Digest::from_raw(desire.release()).value_or(Digest{});
    const std::string version = release ? release->version : digest.text().substr(0, 15);
    for (auto& region : regions)
      for (auto& target : region.targets)
        for (const auto& member : desire.members())
          if (region.name == desire.region() && member.behind() && member.name() == target.host)
            target.behind = {version, member.trouble(), WallTime(std::chrono::milliseconds(desire.not_after()))};
  }
}

JsonObject StatusReport::json() const {
  JsonObject out;
  out.add("service", service).add("environment", environment);
  if (rollout) out.add("rollout", rollout->id).add("state", rollout->state);
  else out.add_null("rollout").add_null("state");
  if (rollout && !rollout->reason.empty()) out.add("reason", rollout->reason);
  std::vector<std::string> all;
  for (const auto& region : regions) {
    std::vector<std::string> targets;
    for (const auto& target : region.targets) targets.push_back(to_json(target).text());
    all.push_back(JsonObject().add("name", region.name).add_raw("targets", json_array(targets)).text());
  }
  return out.add_raw("regions", json_array(all));
}

output::Lines StatusReport::lines(WallTime now, std::size_t width, bool every) const {
  output::Lines out{heading(*this)};
  if (rollout) out.push_back(rollout_line(*rollout));
  output::Table table({{"REGION"}, {"TARGET"}, {"VERSION", false, true}, {"HEALTH"}, {"SINCE"}, {"", false, true}});
  for (const auto& region : regions) {
    if (!every && region.targets.size() > small_region) add_grouped(table, region, now);
    else
      for (const auto& target : region.targets) add_target(table, region.name, target, now);
  }
  if (table.empty()) return out;
  out.emplace_back();
  for (auto& line : table.lines(width)) out.push_back(std::move(line));
  return out;
}

RolloutStatus status_of(const ledger::RolloutRow& row) {
  RolloutStatus out{row.id, ledger::to_string(row.state), row.kind, row.version, row.reason, row.user + "@" + row.host,
                    ledger::is_unfinished(row.state)};
  if (row.state == ledger::RolloutState::running && rollout::is_dead_here(row.boot_id, row.pid, row.pid_start)) {
    out.state = ledger::to_string(ledger::RolloutState::interrupted);
    out.reason = "the process that drove it is gone; the same deploy goes on with it, a rollback takes it back";
  }
  return out;
}

std::optional<RolloutStatus> holder_of(const rollout::FleetSurvey& survey) {
  for (const auto& one : survey) {
    if (!one.reply || !one.reply->has_holder()) continue;
    const auto& holder = one.reply->holder();
    return RolloutStatus{holder.rollout(), "running", holder.kind(), holder.version(), "", holder.user() + "@" + holder.host(), true};
  }
  return {};
}

StatusReport status_report(const model::Plan& plan, const rollout::FleetSurvey& survey, const rollout::ReleaseNames& names) {
  StatusReport out;
  out.service = plan.service;
  out.environment = plan.environment;
  std::size_t index = 0;
  for (const auto& region : plan.fleet.regions) {
    RegionStatus status{region.name, {}};
    for (const auto& target : region.targets) status.targets.push_back(target_status(target, survey.at(index++), names));
    out.regions.push_back(std::move(status));
  }
  return out;
}

}  // namespace deployctl::commands
