// Loads fleet.yaml into a model::Fleet: expands host ranges and resolves SSH settings, without applying a selector.
// Blocking; any thread.
#pragma once

#include <string>
#include <vector>

#include "core/model/fleet.hpp"
#include "plans/yaml/yaml_source.hpp"

namespace deployctl::plans {

struct FleetRead {
  model::Fleet fleet;
  std::vector<std::string> declared;  // names of all regions, including those with problems
  bool clean = false;                 // no problem was found in the fleet
};

// `path` locates the file and `shown` is its name in marks. `named_by` is the plan's `fleet` value, or nullptr if the
// fleet doesn't come from the plan.
FleetRead read_fleet(YamlSource& source, const std::string& path, const std::string& shown, const Value* named_by,
                     Problems& problems);

// Every key of a fleet as a path.
std::vector<std::string> known_fleet_keys();

}  // namespace deployctl::plans
