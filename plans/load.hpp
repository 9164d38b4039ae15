// Loads deploy.yaml and fleet.yaml into a model::Plan. Reports all problems of both files at once, each with its
// position, what is wrong, what is allowed and the nearest known word. Reads files and the secrets that --set refers
// to; uses neither the network nor git. Blocking; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/plan.hpp"
#include "plans/yaml/problems.hpp"

namespace deployctl::plans {

struct LoadOptions {
  std::string fleet;                   // replaces the plan's fleet file
  std::vector<std::string> overrides;  // "release.keep_releases=3": a path of keys and a YAML value
  // Whether to report limits that exclude each other. Only commands that start a new deploy need this; a rollback or a
  // status must not fail because of them.
  bool limits = true;
};

struct Loaded {
  std::optional<model::Plan> plan;  // absent when there are problems
  std::vector<Problem> problems;    // sorted by file, line, column
};

// `plan` is the file of a single-service plan, or "stack.yaml#api" for one service of several.
Loaded load(const std::string& plan, const LoadOptions& options);

struct Services {
  // "stack.yaml#store": each service after those that it depends on. For a single-service plan, only the plan itself.
  std::vector<std::string> plans;
  std::vector<Problem> problems;  // of all services; load() reports those of one
};
Services load_services(const std::string& plan, const LoadOptions& options);

// Every key of a plan as a path, such as "build.artifact[].from" or "build.env.*".
std::vector<std::string> known_plan_keys();

}  // namespace deployctl::plans
