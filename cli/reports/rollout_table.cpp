#include "cli/reports/rollout_table.hpp"

#include "cli/output/human_format.hpp"
#include "cli/output/table.hpp"
#include "cli/reports/status_report.hpp"

namespace deployctl::cli {
namespace {

using output::Tone;

bool ended(const ledger::RolloutRow& row) { return row.ended.time_since_epoch().count() > 0; }

std::string took(const ledger::RolloutRow& row) { return ended(row) ? human_duration(row.ended - row.started) : ""; }

std::string versions(const ledger::RolloutRow& row) {
  const auto to = row.version.empty() ? std::string("nothing") : row.version;
  return row.previous.empty() || row.previous == to ? to : row.previous + " to " + to;
}

Tone tone_of_state(const std::string& state) {
  if (state == "failed" || state == "aborted") return Tone::bad;
  return state == "succeeded" || state == "superseded" ? Tone::plain : Tone::warn;
}

}  // namespace

JsonObject to_json(const ledger::RolloutRow& row) {
  const auto status = status_of(row);
  JsonObject out;
  out.add("rollout", row.id).add("service", row.service).add("environment", row.environment).add("kind", row.kind);
  out.add("state", status.state).add("version", row.version).add("previous", row.previous).add_if("commit", row.commit);
  if (!row.release.empty()) out.add("release", row.release.text());
  out.add("user", row.user).add("host", row.host).add("started", to_string(row.started));
  if (ended(row))
    out.add("ended", to_string(row.ended))
        .add("seconds", static_cast<double>((row.ended - row.started).count()) / 1000);
  return out.add_if("reason", status.reason);
}

std::string json_rows(const std::vector<ledger::RolloutRow>& rows) {
  std::vector<std::string> out;
  for (const auto& row : rows) out.push_back(to_json(row).text());
  return json_array(out);
}

output::Lines history_table(const std::vector<ledger::RolloutRow>& rows, WallTime now, std::size_t width) {
  if (rows.empty()) return {};
  output::Table table(
      {{"ROLLOUT"}, {"KIND"}, {"VERSION", false, true}, {"RESULT"}, {"STARTED"}, {"TOOK"}, {"BY"}, {"", false, true}});
  for (const auto& row : rows) {
    const auto status = status_of(row);
    table.row({row.id, row.kind, versions(row), status.state, output::age(row.started, now), took(row),
               row.user + "@" + row.host, status.reason},
              tone_of_state(status.state));
  }
  return table.lines(width);
}

output::Lines service_table(const std::vector<ledger::RolloutRow>& rows, WallTime now, std::size_t width) {
  if (rows.empty()) return {};
  output::Table table(
      {{"SERVICE"}, {"ENVIRONMENT"}, {"LAST ROLLOUT"}, {"KIND"}, {"VERSION", false, true}, {"STATE"}, {"STARTED"}});
  for (const auto& row : rows) {
    const auto status = status_of(row);
    table.row(
        {row.service, row.environment, row.id, row.kind, versions(row), status.state, output::age(row.started, now)},
        tone_of_state(status.state));
  }
  return table.lines(width);
}

output::Lines rollout_lines(const ledger::RolloutRow& row, WallTime now, const std::string& progress) {
  const auto status = status_of(row);
  output::Table table({{""}, {""}});
  table.row({"rollout", row.id}, Tone::strong);
  table.row({"service", row.service + " (" + row.environment + ")"});
  table.row({row.kind, versions(row)});
  table.row({"state", status.state}, tone_of_state(status.state));
  if (!progress.empty()) table.row({"now", progress}, Tone::warn);
  if (!status.reason.empty()) table.row({"reason", status.reason});
  if (!row.commit.empty()) table.row({"commit", row.commit});
  table.row({"started", to_string(row.started) + ", " + output::age(row.started, now)});
  if (ended(row)) table.row({"ended", to_string(row.ended) + ", after " + took(row)});
  table.row({"by", row.user + "@" + row.host});
  return table.lines();
}

}  // namespace deployctl::cli
