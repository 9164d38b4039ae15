// What `plan` shows to people.
#include <algorithm>
#include <map>

#include "cli/flows/freezing.hpp"
#include "cli/output/human_format.hpp"
#include "cli/output/table.hpp"
#include "cli/reports/plan_preview.hpp"

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

Line title(const PlanPreview& picture) {
  const auto& plan = picture.plan;
  const std::string ref = plan.build.ref.empty() ? "HEAD" : plan.build.ref;
  const std::string what = picture.version.empty() ? ref : picture.version;
  const std::string built = picture.built ? ", built" : ", not built yet";
  return Line(plan.service + " " + what +
              (picture.commit.empty() ? "" : " (commit " + picture.commit.substr(0, 12) + built + ")") + " to " +
              output::count(picture.spec.targets.size(), "target") + " in " +
              output::count(picture.spec.regions.size(), "region") + ", environment " + plan.environment);
}

std::string then(const rollout::SpecWave& wave, bool last) {
  const auto words = joined(gate_words(wave));
  return words.empty() && last ? "done" : words;
}

// "3 of 4": how many of a region keep serving at each step.
std::string serving(const PlanPreview& picture, const rollout::WaveRegion& part) {
  return std::to_string(picture.serving(part)) + " of " +
         std::to_string(picture.spec.regions[part.region].targets.size());
}

Lines wave_lines(const PlanPreview& picture, std::size_t width) {
  const auto& waves = picture.spec.waves;
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
      table.row({first ? wave.name : "", picture.spec.regions[part.region].name, std::to_string(part.targets.size()),
                 std::to_string(std::min<std::size_t>(part.slots, part.targets.size())), serving(picture, part),
                 first && wave.approval ? "approval" : "", last ? then(wave, &wave == &waves.back()) : ""});
    }
  return table.lines(width);
}

std::string payload_text(const PlanPreview& picture, const rollout::TargetNeed& need) {
  if (need.need == Need::nothing) return "runs it already";
  if (need.need == Need::switch_only) return "kept there";
  const auto size = picture.size_of ? picture.size_of(need.base) : std::nullopt;
  return size ? bytes_text(size->bytes, size->exact) : "known once it is built";
}

// By region, what runs, and what that needs; whoever does not answer has a line of his own.
Lines target_lines(const PlanPreview& picture, std::size_t width) {
  output::Table table(
      {{"region", false, true}, {"targets", true}, {"run now", false, true}, {"will run", false, true}, {"payload"}});
  for (const auto& region : picture.spec.regions) {
    std::map<std::pair<std::string, std::string>, std::size_t> counts;
    for (const auto target : region.targets)
      if ((*picture.survey)[target].reply)
        ++counts[{picture.now(target), payload_text(picture, picture.needs[target])}];
    for (const auto& [what, count] : counts)
      table.row({region.name, std::to_string(count), what.first, picture.version, what.second});
    for (const auto target : region.targets)
      if ((*picture.survey)[target].error)
        table.row({region.name, picture.spec.targets[target].name, picture.now(target)}, Tone::bad);
  }
  return table.lines(width);
}

Lines link_lines(const PlanPreview& picture, std::size_t width) {
  const auto idle = [](const rollout::LinkNeed& link) { return link.known && link.bytes == 0; };
  if (std::all_of(picture.links.begin(), picture.links.end(), idle)) return {Line("nothing has to cross the links")};
  output::Table table({{"link to", false, true}, {"bytes", true}, {"about", true}});
  for (std::size_t r = 0; r < picture.links.size(); ++r) {
    const auto& link = picture.links[r];
    const auto& time = picture.estimate.links[r];
    table.row({picture.spec.regions[r].name, link.known ? bytes_text(link.bytes, link.exact) : "not known yet",
               time ? output::about(*time) : "not known yet"});
  }
  return table.lines(width);
}

std::string time_words(const PlanPreview& picture) {
  const auto& estimate = picture.estimate;
  if (estimate.at_least && estimate.time.count() == 0)
    return "how long it takes is not known yet: no rollout went through here before";
  std::string words = (estimate.at_least ? "at least " : "about ") + output::about(estimate.time) + " in all";
  if (estimate.waiting.count() > 0) words += ", " + output::about(estimate.waiting) + " of it baking and gates";
  if (estimate.at_least) words += "; what no rollout has shown yet is left out";
  return words;
}

std::vector<std::string> people_needed(const PlanPreview& picture) {
  std::vector<std::string> waves;
  for (const auto& wave : picture.spec.waves)
    if (wave.approval || wave.pause)
      waves.push_back((wave.approval ? "approval before '" : "pause after '") + wave.name + "'");
  return waves;
}

// Releases that were changed on targets, by version and difference.
Lines damage_lines(const PlanPreview& picture) {
  std::map<std::string, std::vector<std::string>> hosts;
  for (std::size_t i = 0; i < picture.survey->size(); ++i)
    if (const auto& reply = (*picture.survey)[i].reply)
      for (const auto& kept : reply->kept())
        if (kept.damaged())
          hosts[kept.version() + " is damaged: " + kept.damage()].push_back(picture.spec.targets[i].name);
  Lines lines;
  for (const auto& [what, names] : hosts)
    lines.emplace_back(what + "  (" + names.front() +
                           (names.size() > 1 ? " and " + std::to_string(names.size() - 1) + " more" : "") +
                           "; a rollout to it stages it again)",
                       Tone::warn);
  return lines;
}

// What stands in the way, or may.
Lines ahead(const PlanPreview& picture) {
  Lines lines;
  if (!picture.frozen.empty()) lines.emplace_back("a deploy is refused now: " + picture.frozen, Tone::warn);
  if (const auto people = people_needed(picture); !people.empty())
    lines.emplace_back("waits for people: " + joined(people));
  if (picture.next_freeze) {
    const auto words = window_words(*picture.next_freeze);
    lines.emplace_back("next freeze: " + (words ? *words : words.error().text()));
  }
  if (picture.survey) {
    for (auto& line : damage_lines(picture)) lines.push_back(std::move(line));
    const auto lacking = picture.without_direct_login();
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

Lines plan_text(const PlanPreview& picture, std::size_t width) {
  Lines lines{title(picture)};
  add(lines, wave_lines(picture, width));
  add(lines, budget_lines(picture.spec));
  if (picture.survey) {
    add(lines, target_lines(picture, width));
    add(lines, link_lines(picture, width));
    add(lines, {Line(time_words(picture))});
  }
  add(lines, ahead(picture));
  return lines;
}

}  // namespace deployctl::cli
