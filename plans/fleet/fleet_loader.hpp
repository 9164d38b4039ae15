// fleet.yaml to model::Fleet: ranges written out, ssh keys resolved, nothing selected yet. Blocking; any
// thread.
#pragma once

#include <string>
#include <vector>

#include "core/model/fleet.hpp"
#include "plans/yaml/yaml_source.hpp"

namespace deployctl::plans {

struct FleetRead {
  model::Fleet fleet;
  std::vector<std::string> declared;  // every region by name, those with mistakes too
  bool clean = false;                 // no mistake was found in it
};

// `shown` names the file in marks, `path` is where it is; `named_by` is the plan's `fleet`, if it is from
// there.
FleetRead read_fleet(YamlSource& source, const std::string& path, const std::string& shown, const Value* named_by,
                     Problems& problems);

// Every key of a fleet as a path.
std::vector<std::string> known_fleet_keys();

}  // namespace deployctl::plans
