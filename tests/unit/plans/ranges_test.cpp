#include "plans/fleet/ranges.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace deployctl::plans;
using ::testing::ElementsAre;

namespace {
std::string problem(std::string_view text) {
  const auto hosts = expand_hosts(text);
  return hosts ? "none" : hosts.error().message;
}
}  // namespace

TEST(Ranges, LeaveAHostWithoutBracketsAsItIs) {
  EXPECT_THAT(*expand_hosts("db.example.com"), ElementsAre("db.example.com"));
}

TEST(Ranges, CountFromTheFirstToTheLast) {
  EXPECT_THAT(*expand_hosts("10.1.0.[9-11]"), ElementsAre("10.1.0.9", "10.1.0.10", "10.1.0.11"));
  EXPECT_THAT(*expand_hosts("a[5]b"), ElementsAre("a5b"));
  EXPECT_THAT(*expand_hosts("a[5-5]"), ElementsAre("a5"));
}

TEST(Ranges, KeepZerosInFront) {
  EXPECT_THAT(*expand_hosts("web[08-11]"), ElementsAre("web08", "web09", "web10", "web11"));
  EXPECT_THAT(*expand_hosts("web[007]"), ElementsAre("web007"));
  EXPECT_THAT(*expand_hosts("web[0-1]"), ElementsAre("web0", "web1"));
}

TEST(Ranges, TakeLists) {
  EXPECT_THAT(*expand_hosts("a[1-3,7,05-06]"), ElementsAre("a1", "a2", "a3", "a7", "a05", "a06"));
}

TEST(Ranges, TurnTheLastOneFastest) {
  EXPECT_THAT(*expand_hosts("[1-2].[3-4]"), ElementsAre("1.3", "1.4", "2.3", "2.4"));
}

TEST(Ranges, SayWhatIsWrong) {
  EXPECT_EQ(problem("a[3-1]"), "the range '[3-1]' runs backwards");
  EXPECT_EQ(problem("a[1-3"), "'[' without ']' in 'a[1-3'");
  EXPECT_EQ(problem("a1-3]"), "']' without '[' in 'a1-3]'");
  EXPECT_EQ(problem("a[01-100]"), "the ends of '[01-100]' are padded to different widths: write [01-20]");
  for (const auto* bad :
       {"a[]", "a[b-c]", "a[1-]", "a[-1]", "a[1,]", "a[[1]]", "a[1-2-3]", "a[1 - 2]", "a[99999999999]"})
    EXPECT_NE(problem(bad), "none") << bad;
}

TEST(Ranges, RefuseAMillionAndOneBeforeMakingThem) {
  EXPECT_EQ(expand_hosts("a[1-1000000]")->size(), 1'000'000U);
  EXPECT_EQ(problem("a[0-1000000]"), "'a[0-1000000]' takes the fleet above 1000000 targets");
  EXPECT_NE(problem("[0-999999999][0-999999999][0-999999999]"), "none");
  EXPECT_FALSE(expand_hosts("a", 0));
}

TEST(Hosts, AreNamesOrAddresses) {
  for (const auto* good : {"a", "db_1.example.com", "10.0.0.1", "fd00::1", "A-b", "1a"})
    EXPECT_TRUE(check_host(good)) << good;
  for (const auto* bad : {"", "-a", "a b", "a/b", "a@b", "a:22", "10.0.0.256", "10.0.1", "fd00:::1", "[::1]", ".a",
                          "a..b", "ssh://a", "a\n", "*", "a,b"})
    EXPECT_FALSE(check_host(bad)) << bad;
  EXPECT_FALSE(check_host(std::string(254, 'a')));
}

TEST(Hosts, AreTheSameInAnySpelling) {
  EXPECT_EQ(plain_host("DB.Example.COM"), "db.example.com");
  EXPECT_EQ(plain_host("FD00:0:0::1"), plain_host("fd00::1"));
}
