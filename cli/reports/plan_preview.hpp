// What `plan` found out. A value that borrows the plan and its numbers; plan_text and plan_json render it.
#pragma once

#include "core/calendar/freezes.hpp"
#include "core/model/plan.hpp"
#include "core/rollout/survey/forecast.hpp"

namespace deployctl::cli {

struct PlanPreview {
  const model::Plan& plan;
  const rollout::RolloutSpec& spec;
  std::string frozen{};  // why, now; empty: not
  std::optional<calendar::Freeze> next_freeze{};
  // The rest only where repository and targets were asked.
  std::string commit{}, version{};
  bool built = false;
  std::optional<rollout::FleetSurvey> survey{};
  std::vector<rollout::TargetNeed> needs{};
  std::vector<rollout::LinkNeed> links{};  // by region
  rollout::SizeOf size_of{};
  rollout::Estimate estimate{};

  std::string now(std::size_t target) const;  // the version that it runs, "nothing", or why it isn't known
  unsigned floor(const rollout::SpecRegion& region) const;
  // How many serve there while a step is going on, at least.
  unsigned serving(const rollout::WaveRegion& part) const;
  std::vector<std::string> without_direct_login() const;  // regions with relays that can't be reached past them
};

std::vector<std::string> gate_words(
    const rollout::SpecWave& wave);  // what follows its targets: "bake 10m", "analysis 'errors'"

}  // namespace deployctl::cli
