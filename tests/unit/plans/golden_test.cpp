// One plan with many mistakes: the texts, to the letter, as a tired user reads them.
#include <gtest/gtest.h>

#include "tests/unit/plans/plan_files.hpp"

using namespace deployctl::plans;

TEST(Golden, TellsThirteenMistakesAtOnce) {
  const std::string here = TEST_SOURCE_DIR "/tests/unit/plans/golden/";
  const PlanFiles files;
  std::string said;
  for (const auto& text : files.texts(files.load(deployctl::testing::read_text(here + "deploy.yaml"),
                                                 deployctl::testing::read_text(here + "fleet.yaml"))))
    said += text + "\n";
  EXPECT_EQ(said, deployctl::testing::read_text(here + "problems.txt"));
}
