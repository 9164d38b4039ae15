// The releases of a simulated service, and how they behave where. Values.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/model/release.hpp"

namespace deployctl::simulation {

struct SimRelease {
  model::Release release;
  std::string folder;
  std::set<std::size_t> start_fails, never_healthy, sick_later;  // on these targets
  bool well() const { return start_fails.empty() && never_healthy.empty() && sick_later.empty(); }
};

inline SimRelease make_release(const std::string& version) {
  SimRelease out;
  out.release.version = version;
  out.release.artifact = sha256("artifact " + version);
  out.folder = version + "-" + out.release.digest().hex().substr(0, 8);
  return out;
}

}  // namespace deployctl::simulation
