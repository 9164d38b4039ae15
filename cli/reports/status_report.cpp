#include "cli/reports/status_report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "cli/output/human_format.hpp"
#include "cli/output/table.hpp"
#include "core/host/this_process.hpp"
#include "core/model/release.hpp"

namespace deployctl::cli {
namespace {

using output::Tone;

constexpr std::size_t small_region = 20;

TargetStatus target_status(const model::Target& target, const rollout::TargetSurvey& one,
                           const rollout::ReleaseNames& names) {
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
  for (const auto& left : reply.unremoved()) out.unremoved.push_back({left.path(), left.error().message()});
  if (!reply.has_current()) return out;
  const std::string reported = reply.current().version().empty() ? reply.current().folder() : reply.current().version();
  out.release = Digest::from_raw(reply.current().release()).value_or(Digest{});
  out.version = names.display(out.release, reported);
  if (out.version != reported) out.reported = reported;
  if (reply.current().damaged())
    out.damage = reply.current().damage().empty() ? "it is not as it was staged" : reply.current().damage();
  for (const auto& kept : reply.kept())
    if (kept.damaged() && kept.folder() != reply.current().folder())
      out.previous_damage = kept.version() + ": " + kept.damage();
  if (reply.current().confirmed_at() > 0)
    out.since = WallTime(std::chrono::milliseconds(reply.current().confirmed_at()));
  return out;
}

JsonObject to_json(const TargetStatus& target) {
  JsonObject out;
  out.add("host", target.host);
  if (target.version.empty())
    out.add_null("current");
  else
    out.add("current", target.version);
  out.add("health", target.health);
  if (!target.release.empty()) out.add("release", target.release.text());
  out.add_if("reported", target.reported);
  if (target.since) out.add("since", to_string(*target.since));
  if (!target.failing.empty()) out.add("failing", target.failing);
  out.add_if("damaged", target.damage).add_if("previous_damaged", target.previous_damage);
  if (target.behind) {
    JsonObject behind;
    behind.add("version", target.behind->version)
        .add("until", to_string(target.behind->until))
        .add_if("trouble", target.behind->trouble);
    out.add_raw("behind", behind.text());
  }
  if (!target.expected.empty()) out.add("expected", target.expected);
  if (!target.unremoved.empty()) {
    std::vector<std::string> items;
    for (const auto& one : target.unremoved)
      items.push_back(JsonObject().add("path", one.path).add("message", one.why).text());
    out.add_raw("unremoved", json_array(items));
  }
  if (target.error) {
    JsonObject error;
    error.add("code", deployctl::to_string(target.error->code))
        .add("message", target.error->text())
        .add("hint", target.error->hint);
    out.add_raw("error", error.text());
  }
  return out;
}

Tone tone_of_health(const std::string& health) {
  if (health == "unhealthy") return Tone::bad;
  return health == "unreachable" ? Tone::warn : Tone::plain;
}

// A reason without the target's own name in front: its row has that.
std::string reason_of(const TargetStatus& target) {
  std::string reason = target.error->text();
  const std::string own = target.host + ": ";
  while (reason.starts_with(own)) reason.erase(0, own.size());
  return reason;
}

std::string note_of(const TargetStatus& target) {
  std::string out;
  const auto add = [&out](const std::string& note) { out += (out.empty() ? "" : "; ") + note; };
  if (target.behind && target.behind->trouble.empty())
    add("the relay brings it to " + target.behind->version + " once it answers");
  else if (target.behind)
    add("the relay could not bring it to " + target.behind->version + ": " + target.behind->trouble);
  else if (!target.expected.empty())
    add("behind: the fleet is to run " + target.expected);
  if (!target.reported.empty()) add("the target calls it " + target.reported);
  if (target.error) add(reason_of(target));
  for (const auto& check : target.failing) add(check);
  if (!target.damage.empty()) add("damaged: " + target.damage + ", deploy " + target.version + " again to repair it");
  if (!target.previous_damage.empty()) add("damaged: " + target.previous_damage + " (a rollback stages it again)");
  if (!target.unremoved.empty())
    add(output::count(target.unremoved.size(), "old release") +
        " could not be removed: " + target.unremoved.front().why);
  return out;
}

void add_target(output::Table& table, const std::string& region, const TargetStatus& target, WallTime now) {
  table.row({region, target.host, target.version.empty() ? "-" : target.version,
             target.health == "absent" ? "-" : target.health, target.since ? output::age(*target.since, now) : "",
             note_of(target)},
            tone_of_health(target.health));
}

bool calm(const TargetStatus& target) {
  const bool odd = !target.reported.empty() || target.behind || !target.expected.empty() || !target.damage.empty() ||
                   !target.previous_damage.empty() || !target.unremoved.empty();
  return !odd && !target.version.empty() && (target.health == "healthy" || target.health == "unchecked");
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

using Counts = std::vector<std::pair<const char*, std::size_t>>;

std::size_t count_if(const StatusReport& report, bool (*has)(const TargetStatus&)) {
  std::size_t n = 0;
  for (const auto& region : report.regions)
    n += static_cast<std::size_t>(std::count_if(region.targets.begin(), region.targets.end(), has));
  return n;
}

// In the order in which they are shown. A target may count more than once: as healthy, and on another release.
Counts counts_of(const StatusReport& report) {
  std::map<std::string, std::size_t> health;
  for (const auto& region : report.regions)
    for (const auto& target : region.targets) ++health[target.health];
  return {
      {"healthy", health["healthy"]},
      {"unchecked", health["unchecked"]},
      {"empty", health["absent"]},
      {"unhealthy", health["unhealthy"]},
      {"unreachable", health["unreachable"]},
      {"diverged", count_if(report, [](const TargetStatus& t) { return !t.expected.empty() && !t.version.empty(); })},
      {"damaged", count_if(report, [](const TargetStatus& t) { return !t.damage.empty(); })},
      {"behind", report.behind()}};
}

output::Line heading(const StatusReport& report) {
  output::Line line(report.service + " (" + report.environment + ")", Tone::strong);
  line.add("  " + output::count(report.total(), "target"));
  for (const auto& [word, n] : counts_of(report)) {
    if (n == 0) continue;
    const std::string_view what = word;
    const Tone tone = what == "unhealthy" || what == "damaged"                          ? Tone::bad
                      : what == "unreachable" || what == "diverged" || what == "behind" ? Tone::warn
                                                                                        : Tone::plain;
    if (what == "behind")
      line.add(", ").add(fmt::format("{} of {} behind", output::number(n), output::number(report.total())), tone);
    else if (what == "diverged")
      line.add(", ").add(output::number(n) + " on another release", tone);
    else
      line.add(", ").add(output::number(n) + " " + word, tone);
  }
  return line;
}

std::string what_of(const RolloutStatus& rollout) {
  if (rollout.kind.empty()) return "a rollout";
  const auto to = rollout.version.empty() ? std::string("nothing") : rollout.version;
  const bool changes = !rollout.previous.empty() && rollout.previous != to;
  return rollout.kind + (changes ? " " + rollout.previous + " to " + to : " of " + to);
}

output::Lines rollout_lines_of(const RolloutStatus& rollout) {
  output::Line line(rollout.id + "  " + what_of(rollout) + ": ");
  line.add(rollout.state, rollout.state == "succeeded" ? Tone::good : Tone::warn);
  if (!rollout.who.empty()) line.add("  by " + rollout.who, Tone::dim);
  output::Lines out{line};
  if (!rollout.progress.empty()) out.push_back(output::Line("  ").add(rollout.progress, Tone::warn));
  if (!rollout.reason.empty()) out.push_back(output::Line("  ").add(rollout.reason));
  return out;
}

bool completed(const ledger::RolloutRow& row) {
  return (row.state == ledger::RolloutState::succeeded || row.state == ledger::RolloutState::incomplete) &&
         !row.release.empty();
}

// It left the fleet as it was.
bool left_nothing(const ledger::RolloutRow& row) {
  return row.state == ledger::RolloutState::rolled_back || row.state == ledger::RolloutState::superseded;
}

// More than half of those that answered.
std::optional<Expected> majority_of(const StatusReport& report) {
  std::map<Digest, std::pair<std::size_t, std::string>> votes;
  for (const auto& region : report.regions)
    for (const auto& target : region.targets)
      if (!target.release.empty()) votes[target.release] = {votes[target.release].first + 1, target.version};
  for (const auto& [release, vote] : votes)
    if (vote.first * 2 > report.answered()) return Expected{{release}, vote.second};
  return {};
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

std::size_t StatusReport::behind() const {
  return count_if(
      *this, [](const TargetStatus& t) { return t.error.has_value() || t.behind.has_value() || !t.expected.empty(); });
}

void StatusReport::compare(const std::optional<Expected>& given) {
  const auto expected = given ? given : majority_of(*this);
  if (!expected || expected->releases.empty()) return;
  for (auto& region : regions)
    for (auto& target : region.targets) {
      const bool other =
          std::find(expected->releases.begin(), expected->releases.end(), target.release) == expected->releases.end();
      if (!target.error && other) target.expected = expected->version;
    }
}

std::optional<Expected> expected_of(const std::vector<ledger::RolloutRow>& history) {
  Expected out;
  bool under_way = false;
  for (const auto& row : history) {
    if (left_nothing(row)) continue;
    if (ledger::is_unfinished(row.state)) {
      under_way = true;
      out.releases.push_back(row.release);
      continue;
    }
    // One that failed or was aborted left targets where they were: what the fleet is to run isn't settled.
    if (!completed(row)) break;
    out.releases.push_back(row.release);
    out.version = row.version;
    return out;
  }
  if (under_way) return Expected{};
  return {};
}

void StatusReport::tell_of(const std::vector<protocol::pb::Desire>& desired) {
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
  if (rollout)
    out.add("rollout", rollout->id).add("state", rollout->state);
  else
    out.add_null("rollout").add_null("state");
  if (rollout && !rollout->reason.empty()) out.add("reason", rollout->reason);
  if (rollout && !rollout->kind.empty()) {
    JsonObject details;
    details.add("kind", rollout->kind)
        .add("version", rollout->version)
        .add("by", rollout->who)
        .add("unfinished", rollout->unfinished);
    details.add_members(rollout->details);
    out.add_raw("progress", details.text());
  }
  JsonObject counts;
  counts.add("total", static_cast<std::uint64_t>(total()));
  for (const auto& [word, n] : counts_of(*this)) counts.add(word, static_cast<std::uint64_t>(n));
  out.add_raw("counts", counts.text());
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
  if (rollout)
    for (auto& line : rollout_lines_of(*rollout)) out.push_back(std::move(line));
  output::Table table({{"REGION"}, {"TARGET"}, {"VERSION", false, true}, {"HEALTH"}, {"SINCE"}, {"", false, true}});
  for (const auto& region : regions) {
    if (!every && region.targets.size() > small_region)
      add_grouped(table, region, now);
    else
      for (const auto& target : region.targets) add_target(table, region.name, target, now);
  }
  if (table.empty()) return out;
  out.emplace_back();
  for (auto& line : table.lines(width)) out.push_back(std::move(line));
  return out;
}

RolloutStatus status_of(const ledger::RolloutRow& row) {
  RolloutStatus out{row.id,
                    ledger::to_string(row.state),
                    row.kind,
                    row.version,
                    row.reason,
                    row.user + "@" + row.host,
                    ledger::is_unfinished(row.state),
                    row.previous};
  if (row.state == ledger::RolloutState::running && host::is_dead_here(row.boot_id, row.pid, row.pid_start)) {
    out.state = ledger::to_string(ledger::RolloutState::interrupted);
    out.reason = "the process that drove it is gone; deployctl resume " + row.id + " continues it";
  }
  return out;
}

std::optional<RolloutStatus> holder_of(const rollout::FleetSurvey& survey) {
  for (const auto& one : survey) {
    if (!one.reply || !one.reply->has_holder()) continue;
    const auto& holder = one.reply->holder();
    return RolloutStatus{
        holder.rollout(), "running", holder.kind(), holder.version(), "", holder.user() + "@" + holder.host(), true};
  }
  return {};
}

StatusReport status_report(const model::Plan& plan, const rollout::FleetSurvey& survey,
                           const rollout::ReleaseNames& names) {
  StatusReport out;
  out.service = plan.service;
  out.environment = plan.environment;
  std::size_t index = 0;
  for (const auto& region : plan.fleet.regions) {
    RegionStatus status{region.name, {}};
    for (const auto& target : region.targets)
      status.targets.push_back(target_status(target, survey.at(index++), names));
    out.regions.push_back(std::move(status));
  }
  return out;
}

}  // namespace deployctl::cli
