// What `plan` shows to people.
#include "cli/reports/plan_text.hpp"

#include <algorithm>
#include <map>

#include "cli/flows/freezing.hpp"
#include "cli/output/human_format.hpp"
#include "cli/output/table.hpp"

namespace deployctl::cli {
namespace {

using output::Line;
using output::Lines;
using output::Tone;
using rollout::Need;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string bytes_text(std::uint64_t bytes, bool exact) { return (exact ? "" : "at most ") + output::size(bytes); }

Line title(const PlanPreview& preview) {
  const auto& plan = preview.plan;
  const std::string ref = plan.build.ref.empty() ? "HEAD" : plan.build.ref;
  const std::string what = preview.version.empty() ? ref : preview.version;
  const std::string built = preview.built ? ", built" : ", not built yet";
  return Line(plan.service + " " + what +
              (preview.commit.empty() ? "" : " (commit " + preview.commit.substr(0, 12) + built + ")") + " to " +
              output::count(preview.spec.targets.size(), "target") + " in " +
              output::count(preview.spec.regions.size(), "region") + ", environment " + plan.environment);
}

std::string then(const rollout::SpecWave& wave, bool last) {
  const auto words = joined(gate_words(wave));
  return words.empty() && last ? "done" : words;
}

// "3 of 4": how many of a region keep serving at each step.
std::string serving(const PlanPreview& preview, const rollout::WaveRegion& part) {
  return std::to_string(preview.serving(part)) + " of " +
         std::to_string(preview.spec.regions[part.region].targets.size());
}

Lines wave_lines(const PlanPreview& preview, std::size_t width) {
  const auto& waves = preview.spec.waves;
  const bool approvals = std::any_of(waves.begin(), waves.end(), [](const auto& wave) { return wave.approval; });
  output::Table table({{"wave", false, true},
                       {"region", false, true},
                       {"targets", true},
                       {"at once", true},
                       {"keep serving", true},
                       {approvals ? "first" : ""},
                       {"then"}});
  for (const auto& wave : waves)
    for (const auto& part : wave.regions) {
      const bool first = &part == &wave.regions.front(), last = &part == &wave.regions.back();
      table.row({first ? wave.name : "", preview.spec.regions[part.region].name, std::to_string(part.targets.size()),
                 std::to_string(std::min<std::size_t>(part.slots, part.targets.size())), serving(preview, part),
                 first && wave.approval ? "approval" : "", last ? then(wave, &wave == &waves.back()) : ""});
    }
  return table.lines(width);
}

std::string payload_text(const PlanPreview& preview, const rollout::TargetNeed& need) {
  if (need.need == Need::nothing) return "runs it already";
  if (need.need == Need::switch_only) return "kept there";
  const auto size = preview.size_of ? preview.size_of(need.base) : std::nullopt;
  return size ? bytes_text(size->bytes, size->exact) : "known once it is built";
}

// By region, what runs, and what that needs; whoever does not answer has a line of his own.
Lines target_lines(const PlanPreview& preview, std::size_t width) {
  output::Table table(
      {{"region", false, true}, {"targets", true}, {"run now", false, true}, {"will run", false, true}, {"payload"}});
  for (const auto& region : preview.spec.regions) {
    std::map<std::pair<std::string, std::string>, std::size_t> counts;
    for (const auto target : region.targets)
      if ((*preview.survey)[target].reply)
        ++counts[{preview.now(target), payload_text(preview, preview.needs[target])}];
    for (const auto& [what, count] : counts)
      table.row({region.name, std::to_string(count), what.first, preview.version, what.second});
    for (const auto target : region.targets)
      if ((*preview.survey)[target].error)
        table.row({region.name, preview.spec.targets[target].name, preview.now(target)}, Tone::bad);
  }
  return table.lines(width);
}

Lines link_lines(const PlanPreview& preview, std::size_t width) {
  const auto idle = [](const rollout::LinkNeed& link) { return link.known && link.bytes == 0; };
  if (std::all_of(preview.links.begin(), preview.links.end(), idle)) return {Line("nothing has to cross the links")};
  output::Table table({{"link to", false, true}, {"bytes", true}, {"about", true}});
  for (std::size_t r = 0; r < preview.links.size(); ++r) {
    const auto& link = preview.links[r];
    const auto& time = preview.estimate.links[r];
    table.row({preview.spec.regions[r].name, link.known ? bytes_text(link.bytes, link.exact) : "not known yet",
               time ? output::about(*time) : "not known yet"});
  }
  return table.lines(width);
}

std::string time_words(const PlanPreview& preview) {
  const auto& estimate = preview.estimate;
  if (estimate.at_least && estimate.time.count() == 0)
    return "how long it takes is not known yet: no rollout went through here before";
  std::string words = (estimate.at_least ? "at least " : "about ") + output::about(estimate.time) + " in all";
  if (estimate.waiting.count() > 0) words += ", " + output::about(estimate.waiting) + " of it baking and gates";
  if (estimate.at_least) words += "; what no rollout has shown yet is left out";
  return words;
}

std::vector<std::string> people_needed(const PlanPreview& preview) {
  std::vector<std::string> waves;
  for (const auto& wave : preview.spec.waves)
    if (wave.approval || wave.pause)
      waves.push_back((wave.approval ? "approval before '" : "pause after '") + wave.name + "'");
  return waves;
}

// Releases that were changed on targets, by version and difference.
Lines damage_lines(const PlanPreview& preview) {
  std::map<std::string, std::vector<std::string>> hosts;
  for (std::size_t i = 0; i < preview.survey->size(); ++i)
    if (const auto& reply = (*preview.survey)[i].reply)
      for (const auto& kept : reply->kept())
        if (kept.damaged())
          hosts[kept.version() + " is damaged: " + kept.damage()].push_back(preview.spec.targets[i].name);
  Lines lines;
  for (const auto& [what, names] : hosts)
    lines.emplace_back(what + "  (" + names.front() +
                           (names.size() > 1 ? " and " + std::to_string(names.size() - 1) + " more" : "") +
                           "; a rollout to it stages it again)",
                       Tone::warn);
  return lines;
}

// What stands in the way, or may.
Lines ahead(const PlanPreview& preview) {
  Lines lines;
  if (!preview.frozen.empty()) lines.emplace_back("a deploy is refused now: " + preview.frozen, Tone::warn);
  if (const auto people = people_needed(preview); !people.empty())
    lines.emplace_back("waits for people: " + joined(people));
  if (preview.next_freeze) {
    const auto words = window_words(*preview.next_freeze);
    lines.emplace_back("next freeze: " + (words ? *words : words.error().text()));
  }
  if (preview.survey) {
    for (auto& line : damage_lines(preview)) lines.push_back(std::move(line));
    const auto lacking = preview.without_direct_login();
    lines.emplace_back(lacking.empty() ? "a rollback would go through without the relays too"
                                       : "a rollback needs the relays of " + joined(lacking) +
                                             ": their targets have no direct login");
  }
  return lines;
}

Lines budget_lines(const rollout::RolloutSpec& spec) {
  return {Line("failed at most " + std::to_string(spec.max_failed) + ", unhealthy at most " +
               std::to_string(spec.max_unhealthy) + ", unreachable at most " + std::to_string(spec.max_unreachable) +
               "; on failure: " + model::to_string(spec.on_failure))};
}

void add(Lines& to, Lines more) {
  if (more.empty()) return;
  if (!to.empty()) to.emplace_back();
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

Lines plan_text(const PlanPreview& preview, std::size_t width) {
  Lines lines{title(preview)};
  add(lines, wave_lines(preview, width));
  add(lines, budget_lines(preview.spec));
  if (preview.survey) {
    add(lines, target_lines(preview, width));
    add(lines, link_lines(preview, width));
    add(lines, {Line(time_words(preview))});
  }
  add(lines, ahead(preview));
  return lines;
}

}  // namespace deployctl::cli
