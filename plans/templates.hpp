// The files that `deployctl init` writes. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace deployctl::plans {

// As they stand in templates/, with @names@ to be filled.
std::string_view plan_template();
std::string_view fleet_template();
// The schemas that editors use (release-plan.schema.json, fleet.schema.json).
std::string_view plan_schema();
std::string_view fleet_schema();

struct PlanNames {
  std::string service;     // "redis"
  std::string repo = ".";  // a path or a URL
  std::string ref = "HEAD";
};
struct FleetNames {
  std::string user;  // who logs in
  std::string region = "home";
  std::string host = "127.0.0.1";
};

// Filled, each value quoted for YAML where it must be: the files load as they stand.
std::string fill_plan(const PlanNames& names);
std::string fill_fleet(const FleetNames& names);

}  // namespace deployctl::plans
