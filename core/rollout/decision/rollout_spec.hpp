// What a rollout is to do, as numbers: made by the planner from a plan and its fleet, read by the machine. Targets,
// regions and waves are indexes into these vectors; every percentage is resolved. Targets are numbered through the
// fleet: regions in order, targets in file order, as FleetLinks numbers them. A value; no I/O.
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
  std::vector<TargetIndex> targets;     // in file order
  unsigned max_parallel = 1;            // slots: targets in activation at once
  std::optional<unsigned> min_healthy;  // absent: of those that served and can be seen, all but max_parallel
};

struct SpecTarget {
  std::string name;  // "10.1.0.11" or "host:port"
  RegionIndex region = 0;
};

// A wave's part in one region.
struct WaveRegion {
  RegionIndex region = 0;
  unsigned slots = 1;                    // the region's, or the wave's own max_parallel
  std::vector<TargetIndex> targets;      // in file order
  std::vector<TargetIndex> substitutes;  // who stands in for an unreachable one; empty where the wave takes all
};

struct SpecWave {
  std::string name;
  std::vector<WaveRegion> regions;  // in the wave's order
  unsigned max_parallel_regions = 1;
  Duration bake_time{0};
  bool approval = false;  // before it
  Duration stagger{0};
  std::vector<model::Gate> gates{};
  bool pause = false;
  std::size_t size() const;  // targets
};

// A wave that is passed over: every target that it names belongs to an earlier one, as in a fleet that is smaller than
// the plan was written for.
struct SkippedWave {
  std::string name;
  std::string why;  // "earlier waves take all of its 2 targets"
};

struct RolloutSpec {
  Kind kind = Kind::deploy;
  std::vector<SpecRegion> regions;
  std::vector<SpecTarget> targets;
  std::vector<SpecWave> waves;
  std::vector<SkippedWave> skipped_waves{};
  unsigned max_failed = 0;
  unsigned max_unhealthy = 0;
  unsigned max_unreachable = 0;
  model::OnFailure on_failure = model::OnFailure::rollback;
  Duration progress_deadline{std::chrono::minutes(10)};
  Duration min_healthy_time{0};
  Duration healthy_deadline{std::chrono::minutes(10)};
  bool waits = true;                                                      // somebody can be waited for
  bool pre_deploy = false, post_deploy = false, on_failure_hook = false;  // hooks on the control host that are there
};

// Waves of a plan over its fleet. Code::invalid, each mistake with its mark, one a line: a wave that matches no target,
// a target that no wave takes, limits that can't be kept together. A wave whose targets earlier waves take is skipped.
Result<RolloutSpec> make_spec(const model::Plan& plan);
// A rollback: one wave of all regions at once, no canary, no bake; max_parallel and min_healthy of the plan; goes on
// past a target that fails.
Result<RolloutSpec> make_rollback_spec(const model::Plan& plan);

}  // namespace deployctl::rollout
