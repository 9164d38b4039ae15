// The files that `deployctl init` writes, and the JSON schemas. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace deployctl::plans {

// The unfilled templates from templates/, with @name@ placeholders.
std::string_view plan_template();
std::string_view fleet_template();
// The schemas for editors (release-plan.schema.json, fleet.schema.json).
std::string_view plan_schema();
std::string_view fleet_schema();

struct PlanNames {
  std::string service;     // "redis"
  std::string repo = ".";  // a path or a URL
  std::string ref = "HEAD";
};
struct FleetNames {
  std::string user;  // the SSH user
  std::string region = "home";
  std::string host = "127.0.0.1";
};

// Fill the templates and quote each value for YAML where needed. The resulting files load without changes.
std::string fill_plan(const PlanNames& names);
std::string fill_fleet(const FleetNames& names);

}  // namespace deployctl::plans
