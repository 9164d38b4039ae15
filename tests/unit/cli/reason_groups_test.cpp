#include "cli/output/reason_groups.hpp"

#include <gtest/gtest.h>

namespace deployctl::output {
namespace {

TEST(ReasonGroups, TargetsWithTheSameTroubleAreTogether) {
  const auto groups = group_by_reason({{"t1", "in /srv/app, where 1.2 MB are free: the release needs 20.0 MB"},
                                       {"t2", "exit status 3"},
                                       {"t3", "in /srv/app, where 17.9 MB are free: the release needs 20.0 MB"},
                                       {"t4", "t4: connect: no route"},
                                       {"t5", "t5: connect: no route"}});
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[0].reason, "in /srv/app, where 1.2 MB are free: the release needs 20.0 MB");
  EXPECT_EQ(groups[0].targets, (std::vector<std::string>{"t1", "t3"}));
  EXPECT_EQ(groups[1].targets, std::vector<std::string>{"t2"});
  EXPECT_EQ(groups[2].targets, (std::vector<std::string>{"t4", "t5"}));
  EXPECT_TRUE(group_by_reason({}).empty());
}

TEST(ReasonGroups, NamesSomeAndCountsTheRest) {
  EXPECT_EQ(named({"a", "b"}, 3), "a, b");
  EXPECT_EQ(named({"a", "b", "c", "d"}, 3), "a, b, c and 1 more");
  EXPECT_EQ(named({}, 3), "");
}

}  // namespace
}  // namespace deployctl::output
