#include "plans/blocks/waves.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text/nearest_word.hpp"
#include "plans/blocks/gates.hpp"
#include "plans/keys/names.hpp"

namespace deployctl::plans {
namespace {

void read_name_of(const Cursor& at, WaveDraft& into) {
  if (auto name = read_name(at)) into.wave.name = std::move(*name);
}

void read_region_name(const Cursor& at, WaveDraft& into) {
  if (!read_text(at)) return;
  const auto same = [&](const Value* other) { return other->text == at.value().text; };
  if (std::any_of(into.regions.begin(), into.regions.end(), same))
    at.problem(fmt::format("the region '{}' stands in this wave twice", at.value().text));
  else
    into.regions.push_back(&at.value());
}

void read_regions(const Cursor& at, WaveDraft& into) {
  const Value& value = at.value();
  if (value.kind == Value::Kind::scalar && value.text == "all") return;
  if (value.kind == Value::Kind::list) {
    for (std::size_t i = 0; i < value.size(); ++i) read_region_name(at.item(i), into);
    if (value.size() == 0)
      at.problem(fmt::format("'{}' is empty", at.path()), "name at least one region, or write all");
    return;
  }
  at.wrong("all or a list of regions", value.kind == Value::Kind::scalar ? fmt::format("write [{}]", value.text) : "");
}

template <std::optional<model::Amount> model::Wave::*member>
void read_amount_of(const Cursor& at, WaveDraft& into) {
  if (const auto amount = read_amount(at, false)) into.wave.*member = *amount;
}

void read_parallel_regions(const Cursor& at, WaveDraft& into) {
  if (const auto regions = read_number(at, 1, 100'000)) into.wave.max_parallel_regions = *regions;
}

void read_bake_time(const Cursor& at, WaveDraft& into) {
  if (const auto time = read_duration(at, true)) into.wave.bake_time = *time;
}

void read_approval(const Cursor& at, WaveDraft& into) {
  static const std::vector<std::string> words{"required", "none"};
  if (const auto word = read_word(at, words)) into.wave.approval = *word == 0;
}

void read_pause(const Cursor& at, WaveDraft& into) {
  static const std::vector<std::string> words{"true", "false"};
  if (const auto word = read_word(at, words)) into.wave.pause = *word == 0;
}

void read_stagger(const Cursor& at, WaveDraft& into) {
  if (const auto time = read_duration(at, true)) into.wave.stagger = *time;
}

constexpr std::array wave_keys{
    Key<WaveDraft>{"name", Need::optional, "a name", read_name_of},
    Key<WaveDraft>{"regions", Need::optional, "all or a list of regions", read_regions},
    Key<WaveDraft>{"targets", Need::optional, "a count such as 1 or a percentage such as 10%",
                   read_amount_of<&model::Wave::targets>},
    Key<WaveDraft>{"selector", Need::optional, "a text such as \"role=cache\"",
                   [](const Cursor& at, WaveDraft& w) { w.wave.selector = read_selector(at); }},
    Key<WaveDraft>{"max_parallel", Need::optional, "a count or a percentage such as 25%",
                   read_amount_of<&model::Wave::max_parallel>},
    Key<WaveDraft>{"max_parallel_regions", Need::optional, "a count", read_parallel_regions},
    Key<WaveDraft>{"bake_time", Need::optional, "a duration such as 10m", read_bake_time},
    Key<WaveDraft>{"approval", Need::optional, "required or none", read_approval},
    Key<WaveDraft>{"stagger", Need::optional, "a duration such as 30s", read_stagger},
    Key<WaveDraft>{"analysis", Need::optional, "a list of queries and their conditions", read_analysis, list_analysis},
    Key<WaveDraft>{"gate", Need::optional, "a webhook or a command, or a list of them", read_gate, list_gate},
    Key<WaveDraft>{"pause", Need::optional, "true or false", read_pause}};

void read_wave(const Cursor& at, std::vector<WaveDraft>& into) {
  WaveDraft draft;
  draft.wave.mark = at.mark();
  draft.wave.name = fmt::format("wave-{}", into.size() + 1);
  read_map(at, wave_keys, draft);
  check_gates(at, draft);
  const auto same =
      std::find_if(into.begin(), into.end(), [&](const WaveDraft& w) { return w.wave.name == draft.wave.name; });
  if (same != into.end())
    at.problem(fmt::format("two waves are called '{}'", draft.wave.name),
               fmt::format("the other is at {}", same->wave.mark.text()));
  into.push_back(std::move(draft));
}

void check_region(const Value& name, const FleetRead& fleet, const model::Fleet& selected, Problems& problems) {
  const auto& declared = fleet.declared;
  if (declared.empty()) return;  // the problems of the fleet are reported already
  if (std::find(declared.begin(), declared.end(), name.text) == declared.end())
    problems.add(name.mark(), fmt::format("the fleet has no region '{}'", name.text),
                 text::did_you_mean(name.text, declared));
  else if (fleet.clean && !selected.find(name.text))
    problems.add(name.mark(), fmt::format("the plan's selector takes no target of region '{}'", name.text),
                 "take the region out of the wave, or widen the selector");
}

std::vector<std::string> names_of(const model::Fleet& fleet) {
  std::vector<std::string> names;
  for (const auto& region : fleet.regions) names.push_back(region.name);
  return names;
}

std::vector<model::Wave> waves_by_region(const model::Fleet& fleet, bool canary, const model::Mark& mark) {
  std::vector<model::Wave> waves;
  for (const auto& region : fleet.regions) {
    model::Wave wave;
    wave.mark = mark;
    wave.regions = {region.name};
    if (canary && waves.empty()) {
      wave.name = "canary";
      wave.targets = model::Amount{1, false};
      waves.push_back(wave);
      wave.targets.reset();
      // The canary is the region's only target; another wave would be empty.
      if (region.targets.size() == 1) continue;
    }
    wave.name = region.name;
    waves.push_back(std::move(wave));
  }
  return waves;
}

std::vector<model::Wave> waves_of(model::Strategy strategy, const model::Fleet& fleet, const model::Mark& mark) {
  if (strategy != model::Strategy::all_at_once)
    return waves_by_region(fleet, strategy == model::Strategy::canary, mark);
  model::Wave wave;
  wave.mark = mark;
  wave.name = "all";
  wave.regions = names_of(fleet);
  wave.max_parallel_regions = static_cast<unsigned>(std::max<std::size_t>(wave.regions.size(), 1));
  return {wave};
}

}  // namespace

void read_waves(const Cursor& at, PlanDraft& into) {
  std::vector<WaveDraft> waves;
  if (!read_list(at, "[{name: all, regions: all}]", [&](const Cursor& item) { read_wave(item, waves); })) return;
  if (waves.empty())
    at.problem("'rollout.waves' is empty",
               "without it, one target of the first region goes first, then the regions one after another");
  into.waves = std::move(waves);
}

void list_waves(const std::string& prefix, std::vector<std::string>& into) {
  list_keys(wave_keys, prefix + "[]", into);
}

std::vector<model::Wave> finish_waves(const PlanDraft& draft, const FleetRead& fleet, const model::Fleet& selected,
                                      const model::Mark& mark, Problems& problems) {
  if (!draft.waves) return waves_of(draft.strategy.value_or(model::Strategy::canary), selected, mark);
  if (draft.strategy)
    problems.add(draft.strategy_mark, "'rollout.strategy' and 'rollout.waves' both say who is taken when",
                 "keep one of them");
  std::vector<model::Wave> waves;
  for (const auto& from : *draft.waves) {
    model::Wave wave = from.wave;
    if (from.regions.empty()) wave.regions = names_of(selected);
    for (const Value* region : from.regions) {
      check_region(*region, fleet, selected, problems);
      wave.regions.push_back(region->text);
    }
    waves.push_back(std::move(wave));
  }
  return waves;
}

}  // namespace deployctl::plans
