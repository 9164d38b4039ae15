#include "core/rollout/decision/rollout_spec.hpp"

#include <algorithm>
#include <numeric>

namespace deployctl::rollout {
namespace {

// One line a mistake, so that a person mends all of them at once.
class Mistakes {
 public:
  void add(const model::Mark& mark, const std::string& what) {
    const std::string where = mark.text();
    text_ += (text_.empty() ? "" : "\n") + (where.empty() ? "" : where + ": ") + what;
  }
  bool none() const { return text_.empty(); }
  Error error() const { return deployctl::error(Code::invalid, text_); }

 private:
  std::string text_;
};

unsigned at_least_one(const model::Amount& amount, std::size_t whole) {
  return std::max(1u, amount.round_up(static_cast<unsigned>(whole)));
}

RolloutSpec base_spec(const model::Plan& plan, Mistakes& mistakes) {
  RolloutSpec spec;
  const auto& rules = plan.rollout;
  for (const auto& region : plan.fleet.regions) {
    SpecRegion out;
    out.name = region.name;
    const auto size = region.targets.size();
    for (const auto& target : region.targets) {
      out.targets.push_back(static_cast<TargetIndex>(spec.targets.size()));
      spec.targets.push_back({target.name(), static_cast<RegionIndex>(spec.regions.size())});
    }
    out.max_parallel = at_least_one(rules.max_parallel, size);
    if (rules.min_healthy) {
      out.min_healthy = rules.min_healthy->round_down(static_cast<unsigned>(size));
      if (size > 0 && *out.min_healthy >= size)
        mistakes.add(rules.min_healthy_mark, "min_healthy " + rules.min_healthy->text() + " can't be kept in region '" +
                                                 region.name + "': all of its " + std::to_string(size) +
                                                 " targets must stay healthy, so none could be stopped; at most " +
                                                 std::to_string(size - 1) + " is possible there");
    }
    spec.regions.push_back(std::move(out));
  }
  const auto total = static_cast<unsigned>(spec.targets.size());
  spec.max_failed = rules.max_failed.round_down(total);
  spec.max_unhealthy = rules.max_unhealthy.round_down(total);
  spec.max_unreachable = rules.max_unreachable ? rules.max_unreachable->round_down(total) : std::max(1u, total / 10);
  spec.on_failure = rules.on_failure;
  spec.progress_deadline = rules.progress_deadline;
  spec.min_healthy_time = rules.min_healthy_time;
  spec.healthy_deadline = rules.healthy_deadline;
  return spec;
}

// Targets of a region that a wave names and that are free, in file order; `named` counts those that are taken too.
std::vector<TargetIndex> candidates(const model::Plan& plan, const SpecRegion& region, const model::Wave& wave,
                                    const std::vector<bool>& taken, std::size_t& named) {
  std::vector<TargetIndex> out;
  const auto& targets = plan.fleet.find(region.name)->targets;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const bool wanted = !wave.selector || wave.selector->matches(targets[i].labels);
    named += wanted ? 1 : 0;
    if (wanted && !taken[region.targets[i]]) out.push_back(region.targets[i]);
  }
  return out;
}

WaveRegion take(const model::Plan& plan, const RolloutSpec& spec, RegionIndex index, const model::Wave& wave,
                std::vector<bool>& taken, std::size_t& named) {
  const auto& region = spec.regions[index];
  WaveRegion out;
  out.region = index;
  out.slots = wave.max_parallel ? at_least_one(*wave.max_parallel, region.targets.size()) : region.max_parallel;
  out.targets = candidates(plan, region, wave, taken, named);
  if (wave.targets && !out.targets.empty()) {
    const auto count = std::min<std::size_t>(at_least_one(*wave.targets, region.targets.size()), out.targets.size());
    out.substitutes.assign(out.targets.begin() + static_cast<std::ptrdiff_t>(count), out.targets.end());
    out.targets.resize(count);
  }
  for (const auto target : out.targets) taken[target] = true;
  return out;
}

std::string why_skipped(const model::Wave& wave, std::size_t named) {
  std::string why = named == 1 ? "an earlier wave takes its only target"
                               : "earlier waves take all of its " + std::to_string(named) + " targets";
  std::string more;
  const auto add = [&](bool is_there, const char* what) {
    if (is_there) more += (more.empty() ? "" : ", ") + std::string(what);
  };
  add(wave.approval, "approval");
  add(wave.bake_time.count() > 0, "bake time");
  add(!wave.gates.empty(), "gates");
  add(wave.pause, "pause");
  return more.empty() ? why : why + "; with it go its " + more;
}

void add_wave(RolloutSpec& spec, const model::Plan& plan, const model::Wave& wave, std::vector<bool>& taken,
              Mistakes& mistakes) {
  SpecWave out;
  out.name = wave.name;
  out.max_parallel_regions = std::max(1u, wave.max_parallel_regions);
  out.bake_time = wave.bake_time;
  out.approval = wave.approval;
  out.stagger = wave.stagger;
  out.gates = wave.gates;
  out.pause = wave.pause;
  std::size_t named = 0;
  for (const auto& name : wave.regions) {
    const auto at =
        std::find_if(spec.regions.begin(), spec.regions.end(), [&](const auto& r) { return r.name == name; });
    if (at == spec.regions.end()) continue;  // the loader has said so
    auto part = take(plan, spec, static_cast<RegionIndex>(at - spec.regions.begin()), wave, taken, named);
    if (!part.targets.empty()) out.regions.push_back(std::move(part));
  }
  if (!out.regions.empty()) return spec.waves.push_back(std::move(out));
  if (named == 0)
    return mistakes.add(
        wave.mark, "wave '" + wave.name + "' can match no target: none of its regions has one that its selector takes");
  spec.skipped_waves.push_back({wave.name, why_skipped(wave, named)});
}

void check_all_taken(const RolloutSpec& spec, const model::Plan& plan, const std::vector<bool>& taken,
                     Mistakes& mistakes) {
  std::string names;
  std::size_t left = 0;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (taken[i]) continue;
    if (++left <= 3)
      names += (left > 1 ? ", " : "") + spec.targets[i].name + " (" + spec.regions[spec.targets[i].region].name + ")";
  }
  if (left == 0) return;
  const auto mark = plan.rollout.waves.empty() ? model::Mark{plan.file, 0, 0} : plan.rollout.waves.back().mark;
  mistakes.add(mark, "no wave takes " + std::to_string(left) + " of the fleet's targets: " + names +
                         (left > 3 ? ", ..." : "") + "; add a last wave with 'regions: all'");
}

}  // namespace

const char* to_string(Kind kind) { return kind == Kind::deploy ? "deploy" : "rollback"; }

std::size_t SpecWave::size() const {
  return std::accumulate(regions.begin(), regions.end(), std::size_t{0},
                         [](std::size_t sum, const WaveRegion& r) { return sum + r.targets.size(); });
}

Result<RolloutSpec> make_spec(const model::Plan& plan) {
  Mistakes mistakes;
  RolloutSpec spec = base_spec(plan, mistakes);
  std::vector<bool> taken(spec.targets.size(), false);
  for (const auto& wave : plan.rollout.waves) add_wave(spec, plan, wave, taken, mistakes);
  check_all_taken(spec, plan, taken, mistakes);
  const auto& hooks = plan.release.control_hooks;
  spec.pre_deploy = !hooks.pre_deploy.empty();
  spec.post_deploy = !hooks.post_deploy.empty();
  spec.on_failure_hook = !hooks.on_failure.empty();
  if (!mistakes.none()) return fail(mistakes.error());
  return spec;
}

Result<RolloutSpec> make_rollback_spec(const model::Plan& plan) {
  Mistakes mistakes;
  RolloutSpec spec = base_spec(plan, mistakes);
  spec.kind = Kind::rollback;
  SpecWave all;
  all.name = "rollback";
  all.max_parallel_regions = std::max<unsigned>(1, static_cast<unsigned>(spec.regions.size()));
  for (RegionIndex i = 0; i < spec.regions.size(); ++i)
    all.regions.push_back({i, spec.regions[i].max_parallel, spec.regions[i].targets, {}});
  spec.waves.push_back(std::move(all));
  if (!mistakes.none()) return fail(mistakes.error());
  return spec;
}

}  // namespace deployctl::rollout
