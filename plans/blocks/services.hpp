// A plan of several services: what is beside `services` is shared, what stands beneath a service's name is its own and
// goes before. Each comes out as the tree of a plan of one service, whose values keep their places.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plans/keys/cursor.hpp"

namespace deployctl::plans {

struct ServiceEntry {
  const Value* name = nullptr;
  const Value* own = nullptr;  // a map
  std::vector<std::string> depends_on;
};

// "stack.yaml#api": the file and the service; without one, no service. A file that has such a name is that file.
std::pair<std::string, std::string> split_address(const std::string& plan);

// None where the plan is of one service, or where mistakes were reported. Each after those that it depends on, else as
// in the file.
std::vector<ServiceEntry> read_services(const Value& root, Problems& problems);
const Value* plan_of(const Value& root, const ServiceEntry& entry, YamlSource& source);

}  // namespace deployctl::plans
