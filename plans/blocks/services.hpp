// Plans with several services. Keys beside `services` are shared; keys beneath a service's name belong to that service
// and take precedence. Each service becomes the tree of a single-service plan, and its values keep their positions.
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

// Splits "stack.yaml#api" into the file and the service. The service is empty when there is none, or when a file with
// the whole name exists.
std::pair<std::string, std::string> split_address(const std::string& plan);

// Returns an empty list for a single-service plan, or when problems were reported. A service comes after those that it
// depends on; otherwise the order of the file is kept.
std::vector<ServiceEntry> read_services(const Value& root, Problems& problems);
const Value* plan_of(const Value& root, const ServiceEntry& entry, YamlSource& source);

}  // namespace deployctl::plans
