// A plan and a fleet in a scratch folder, loaded; problems as texts without the folder's name.
#pragma once

#include <string>
#include <vector>

#include "plans/load.hpp"
#include "tests/support/temp_dir.hpp"

namespace deployctl::plans {

inline const std::string small_fleet = R"(regions:
  eu: {targets: [{host: 10.1.0.1}, {host: 10.1.0.2}]}
  us: {targets: [{host: 10.2.0.1, labels: {role: cache}}]}
)";
inline const std::string small_plan = R"(service: redis
fleet: fleet.yaml
build: {repo: ../redis.git, artifact: [{from: bin}]}
release: {deploy_to: /srv/redis}
)";

struct PlanFiles {
  deployctl::testing::TempDir dir;

  Loaded load(const std::string& plan = small_plan, const std::string& fleet = small_fleet,
              const LoadOptions& options = {}) const {
    dir.write("fleet.yaml", fleet);
    return plans::load(dir.write("deploy.yaml", plan), options);
  }
  std::vector<std::string> texts(const Loaded& loaded) const {
    std::vector<std::string> out;
    for (const auto& problem : loaded.problems) {
      std::string text = problem.text();
      for (std::size_t at; (at = text.find(dir.path() + "/")) != std::string::npos;)
        text.erase(at, dir.path().size() + 1);
      out.push_back(text);
    }
    return out;
  }
  // The problems of a plan that stands beside the small fleet, and the other way round.
  std::vector<std::string> of_plan(const std::string& plan) const { return texts(load(plan)); }
  std::vector<std::string> of_fleet(const std::string& fleet) const { return texts(load(small_plan, fleet)); }
  std::vector<std::string> of_sets(std::vector<std::string> sets) const {
    return texts(load(small_plan, small_fleet, {{}, std::move(sets)}));
  }
};

}  // namespace deployctl::plans
