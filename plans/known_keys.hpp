// Every key that the loaders know, as paths: "build.artifact[].from", "build.env.*",
// "release.hooks.start.timeout". For the test that holds the schemas against the loaders, and for completion.
// Constant.
#pragma once

#include <string>
#include <vector>

namespace deployctl::plans {

std::vector<std::string> known_plan_keys();
std::vector<std::string> known_fleet_keys();

}  // namespace deployctl::plans
