// A release plan after loading: every default filled in, every path absolute, nothing left to check in isolation.
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
  std::optional<std::string> to;  // ends in '/': keeps the name; absent: keeps the path
  Mark mark;
  std::vector<std::string> exclude{};  // globs of the checkout; one without '/' is a name at any depth
};

struct Build {
  std::string repo;  // absolute path, or a file, ssh or https URL
  std::string ref;
  std::vector<std::string> steps;
  Environment env;
  Duration timeout{std::chrono::minutes(30)};
  std::vector<ArtifactRule> artifact;
  Mark ref_mark;
  SecretSource token{};  // for an https repository; empty: none
  // Where submodules may be, beside the repository's own host (of a local one: its folder): hosts, URL prefixes, paths.
  std::vector<std::string> submodules_allow{};
};

// Hooks on the control host, once a rollout.
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
enum class Strategy { canary, rolling, all_at_once };  // what the waves are where none are given
enum class OnFailure { rollback, pause, abort };
const char* to_string(OnFailure v);

struct Wave {
  std::string name;
  std::vector<std::string> regions;  // in order; never empty
  std::optional<Amount> targets;     // per region, in file order; absent: all that are left
  std::optional<Selector> selector;
  unsigned max_parallel_regions = 1;
  Duration bake_time{0};
  std::optional<Amount> max_parallel;  // overrides the rollout's
  bool approval = false;               // somebody must approve before it begins
  Duration stagger{0};                 // least time between two activations begun in one region
  std::vector<Gate> gates;             // analyses, webhooks, commands: all must pass after it
  bool pause = false;                  // after it, until somebody resumes
  Mark mark;
};

struct RolloutSettings {
  std::vector<Wave> waves;
  Amount max_parallel{25, true};
  std::optional<Amount> min_healthy;  // absent: what max_parallel leaves
  Amount max_failed{0, false};
  Amount max_unhealthy{0, false};
  std::optional<Amount> max_unreachable;  // absent: 10%, at least 1
  OnFailure on_failure = OnFailure::rollback;
  Duration progress_deadline{std::chrono::minutes(10)};
  Duration min_healthy_time{0};  // so long a new one must be healthy without a break before it counts
  Duration healthy_deadline{std::chrono::minutes(10)};  // within this it must have been
  Duration catch_up{std::chrono::hours(24)};  // so long after it relays bring those that were away; 0: they don't
  Duration catch_up_interval{std::chrono::seconds(30)};
  std::vector<FreezeWindow> freezes;         // no wave begins in these
  Mark max_parallel_mark, min_healthy_mark;  // where they were given; else of line 0
};

struct Plan {
  std::string file;  // absolute; one of several services: "/srv/plans/stack.yaml#api"
  std::string service;
  std::string environment = "default";
  Fleet fleet;  // only what the selector takes
  Build build;
  ReleaseSpec release;
  Prefer prefer = Prefer::time;
  RolloutSettings rollout;
};

}  // namespace deployctl::model
