#include "plans/templates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plans/plan_files.hpp"

using namespace deployctl;
using namespace deployctl::plans;

TEST(Templates, LoadOnceTheNamesAreFilledIn) {
  const PlanFiles files;
  const auto loaded =
      files.load(fill_plan({"redis", "../redis.git", "main"}), fill_fleet({"deploy", "eu", "10.1.0.[1-3]"}));
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  EXPECT_EQ(loaded.plan->service, "redis");
  EXPECT_EQ(loaded.plan->release.deploy_to, "/srv/redis");
  EXPECT_EQ(loaded.plan->build.ref, "main");
  EXPECT_EQ(loaded.plan->fleet.regions.at(0).name, "eu");
  EXPECT_EQ(loaded.plan->fleet.regions.at(0).targets.size(), 3U);
  EXPECT_EQ(loaded.plan->fleet.regions.at(0).targets[0].endpoint.user, "deploy");
}

TEST(Templates, LoadWithTheirDefaultNames) {
  const PlanFiles files;
  const auto loaded = files.load(fill_plan({"web"}), fill_fleet({"root"}));
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
}

TEST(Templates, QuoteWhatYamlWouldTakeForSomethingElse) {
  for (const std::string ref : {"7.2", "null", "a\"b\\c", "true", "~", "*x", "feature/x", "@at@"}) {
    const PlanFiles files;
    const auto loaded = files.load(fill_plan({"redis", "..", ref}));
    ASSERT_TRUE(loaded.plan) << ref << "\n" << to_error(loaded.problems).text();
    EXPECT_EQ(loaded.plan->build.ref, ref);
  }
}

TEST(Templates, LeaveNoNameUnfilled) {
  EXPECT_EQ(fill_plan({"redis"}).find('@'), std::string::npos);
  EXPECT_EQ(fill_fleet({"deploy"}).find('@'), std::string::npos);
}
