// From deploy.yaml and fleet.yaml to model::Plan. All mistakes of both files at once, each with its place,
// what is wrong, what is allowed and the nearest known word. Reads files; no network, no git. Blocking; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/plan.hpp"
#include "plans/yaml/problems.hpp"

namespace deployctl::plans {

struct LoadOptions {
  std::string fleet;                   // replaces the plan's fleet file
  std::vector<std::string> overrides;  // "release.keep_releases=3"; a path of keys, a YAML value
  // Whether limits that exclude each other are mistakes. A rollback must not fail over what only matters to a deploy.
  bool limits = true;
};

struct Loaded {
  std::optional<model::Plan> plan;  // absent when there are problems
  std::vector<Problem> problems;    // sorted by file, line, column
};

// A plan of one service, or one of several: "stack.yaml#api".
Loaded load(const std::string& plan, const LoadOptions& options);

struct Services {
  std::vector<std::string>
      plans;  // "stack.yaml#store", each after those that it depends on; a plan of one service: itself
  std::vector<Problem> problems;  // of all of them; one alone is looked at by load()
};
Services load_services(const std::string& plan, const LoadOptions& options);

// Every key of a plan as a path: "build.artifact[].from", "build.env.*".
std::vector<std::string> known_plan_keys();

}  // namespace deployctl::plans
