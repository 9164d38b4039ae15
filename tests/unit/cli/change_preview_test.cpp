// What a person sees before a question is asked.
#include "cli/reports/change_preview.hpp"

#include <gtest/gtest.h>

using namespace deployctl;
using namespace deployctl::cli;

namespace {

rollout::RolloutSpec spec_of(rollout::Kind kind) {
  rollout::RolloutSpec spec;
  spec.kind = kind;
  spec.regions.resize(2);
  spec.regions[0].max_parallel = 1;
  spec.regions[1].max_parallel = 3;
  spec.targets.resize(12);
  for (const auto& [name, targets] : {std::pair{"canary", 2}, {"rest", 10}}) {
    rollout::SpecWave wave;
    wave.name = name;
    wave.regions.resize(1);
    wave.regions[0].targets.resize(static_cast<std::size_t>(targets));
    spec.waves.push_back(std::move(wave));
  }
  if (kind == rollout::Kind::rollback) spec.waves.erase(spec.waves.begin());
  return spec;
}

}  // namespace

TEST(ChangePreview, SaysFromWhereToWhereHowManyAndInWhichWaves) {
  const ChangePreview preview{"redis", "production", "7.2.4", {{"7.2.3", 10}, {"", 1}}, 1, {}};
  EXPECT_EQ(output::text_of(preview_lines("deploy", preview, spec_of(rollout::Kind::deploy), 0)),
            "deploy redis (production)\n"
            "  from     nothing on 1 target, 7.2.3 on 10 targets, 1 target not answering\n"
            "  to       7.2.4\n"
            "  targets  12 in 2 regions\n"
            "  waves    canary (2), rest (10); at most 1 to 3 targets of a region at a time\n");
}

TEST(ChangePreview, NamesTheRolloutThatWouldEndAndFitsANarrowTerminal) {
  const ChangePreview preview{"redis", "production", "7.2.3", {{"7.2.4", 12}}, 0, "r-1 by ann@desk"};
  EXPECT_EQ(output::text_of(preview_lines("roll back", preview, spec_of(rollout::Kind::rollback), 40)),
            "roll back redis (production)\n"
            "  from     7.2.4 on 12 targets\n"
            "  to       7.2.3\n"
            "  targets  12 in 2 regions\n"
            "  wave     one, all regions at once, at\n"
            "           most 1 to 3 targets of a\n"
            "           region at a time\n"
            "  ends     rollout r-1 by ann@desk,\n"
            "           which is going on\n");
}
