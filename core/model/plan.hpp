// A release plan after loading: defaults applied, paths absolute, and every value checked on its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/activation.hpp"
#include "core/model/amount.hpp"
#include "core/model/fleet.hpp"
#include "core/model/freeze.hpp"
#include "core/model/gate.hpp"
#include "core/model/mark.hpp"
#include "core/model/secret.hpp"

namespace deployctl::model {

struct ArtifactRule {
  std::string from;               // a glob or a folder, relative to the checkout
  std::optional<std::string> to;  // a trailing '/' keeps the name; absent: keeps the path
  Mark mark;
  std::vector<std::string> exclude{};  // globs in the checkout; one without '/' matches a name at any depth
};

struct Build {
  std::string repo;  // an absolute path, or a file, ssh or https URL
  std::string ref;
  std::vector<std::string> steps;
  Environment env;
  Duration timeout{std::chrono::minutes(30)};
  std::vector<ArtifactRule> artifact;
  Mark ref_mark;
  SecretSource token{};  // for an https repository; empty: none
  // Allowed locations of submodules besides the repository's own host (for a local repository: its folder): hosts, URL
  // prefixes, paths.
  std::vector<std::string> submodules_allow{};
};

// Hooks on the control host, run once per rollout.
struct ControlHooks {
  Hook pre_build, post_build, pre_deploy, post_deploy, on_failure;
};

struct ReleaseSpec {
  std::string version_template = "{describe}";
  std::string deploy_to;
  unsigned keep_releases = 5;
  Activation activation;
  ControlHooks control_hooks;
};

enum class Prefer { time, bytes };
enum class Strategy { canary, rolling, all_at_once };  // defines the waves if the plan lists none
enum class OnFailure { rollback, pause, abort };
const char* to_string(OnFailure v);

struct Wave {
  std::string name;
  std::vector<std::string> regions;  // in order; never empty
  std::optional<Amount> targets;     // per region, in file order; absent: all remaining targets
  std::optional<Selector> selector;
  unsigned max_parallel_regions = 1;
  Duration bake_time{0};
  std::optional<Amount> max_parallel;  // overrides the rollout's
  bool approval = false;               // requires an approval before it begins
  Duration stagger{0};                 // minimum time between the starts of two activations in a region
  std::vector<Gate> gates;             // analyses, webhooks, commands: all must pass after the wave
  bool pause = false;                  // pause after the wave until the rollout is resumed
  Mark mark;
};

struct RolloutSettings {
  std::vector<Wave> waves;
  Amount max_parallel{25, true};
  std::optional<Amount> min_healthy;  // absent: derived from max_parallel
  Amount max_failed{0, false};
  Amount max_unhealthy{0, false};
  std::optional<Amount> max_unreachable;  // absent: 10% rounded down, at least 1
  OnFailure on_failure = OnFailure::rollback;
  Duration progress_deadline{std::chrono::minutes(10)};
  Duration min_healthy_time{0};  // how long an updated target must be healthy without interruption before it counts
  Duration healthy_deadline{std::chrono::minutes(10)};  // the time limit for reaching min_healthy_time
  // How long after the rollout relays update targets that were unreachable; 0: not at all.
  Duration catch_up{std::chrono::hours(24)};
  Duration catch_up_interval{std::chrono::seconds(30)};
  std::vector<FreezeWindow> freezes;         // no wave begins during these
  Mark max_parallel_mark, min_healthy_mark;  // their positions in the plan; line 0: not set
};

struct Plan {
  std::string file;  // absolute; in a plan with several services: "/srv/plans/stack.yaml#api"
  std::string service;
  std::string environment = "default";
  Fleet fleet;  // only the targets that match the selector
  Build build;
  ReleaseSpec release;
  Prefer prefer = Prefer::time;
  RolloutSettings rollout;
};

}  // namespace deployctl::model
