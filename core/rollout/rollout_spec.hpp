// What a rollout is to do, as numbers: made by the planner from a plan and a fleet, read by the machine. Targets, regions
// and waves are indexes into these vectors; every percentage is resolved. A value; no I/O.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/model/plan.hpp"

namespace deployctl::rollout {

using TargetIndex = unsigned;
using RegionIndex = unsigned;
using WaveIndex = unsigned;

enum class Kind { deploy, rollback };
const char* to_string(Kind kind);

struct SpecRegion {
  std::string name;
  std::vector<TargetIndex> targets;  // in file order
  unsigned max_parallel = 1;         // slots: targets in activation at once
  unsigned min_healthy = 0;          // healthy ones that must be left when a healthy one is stopped
};

struct SpecTarget {
  std::string name;      // "10.1.0.11" or "host:port"
  RegionIndex region = 0;
  WaveIndex wave = 0;    // the first one that takes it
};

struct SpecWave {
  std::string name;
  std::vector<RegionIndex> regions;       // in order
  unsigned max_parallel_regions = 1;
  std::optional<unsigned> wanted;         // active ones wanted per region; absent: all of its targets. An unreachable one is
                                          // replaced by the region's next target of a later wave
  std::optional<unsigned> max_parallel;   // a wave's own, per region resolved against the region's size at least 1
  std::vector<unsigned> region_slots;     // per entry of `regions`: slots in this wave
  Duration bake_time{0};
};

struct RolloutSpec {
  Kind kind = Kind::deploy;
  std::vector<SpecRegion> regions;
  std::vector<SpecTarget> targets;
  std::vector<SpecWave> waves;
  unsigned max_failed = 0;
  unsigned max_unhealthy = 0;
  unsigned max_unreachable = 0;
  model::OnFailure on_failure = model::OnFailure::rollback;
  Duration progress_deadline{std::chrono::minutes(10)};
  bool pre_deploy = false, post_deploy = false, on_failure_hook = false;  // hooks on the control host that are not empty
};

// Waves of a plan over its fleet. Code::invalid, with the wave's mark: a wave that takes nobody, a target that no wave takes,
// a min_healthy that no step could keep. All of them at once, one a line.
Result<RolloutSpec> make_spec(const model::Plan& plan);
// A rollback: one wave of all regions, no canary, no bake; max_parallel and min_healthy of the plan; goes on past failures.
Result<RolloutSpec> make_rollback_spec(const model::Plan& plan);

}  // namespace deployctl::rollout
