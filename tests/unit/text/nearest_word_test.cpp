#include "core/text/nearest_word.hpp"

#include <gtest/gtest.h>

using namespace deployctl::text;

TEST(NearestWord, CountsASwapAsOneSlip) {
  EXPECT_EQ(distance("verison", "version"), 1U);
  EXPECT_EQ(distance("", "abc"), 3U);
  EXPECT_EQ(distance("abc", "abc"), 0U);
  EXPECT_EQ(distance("kitten", "sitting"), 3U);
}

TEST(NearestWord, FindsTheSlipOnly) {
  const std::vector<std::string> known{"version", "deploy_to", "keep_releases", "env"};
  EXPECT_EQ(nearest_word("verison", known), "version");
  EXPECT_EQ(nearest_word("keep-releases", known), "keep_releases");
  EXPECT_EQ(nearest_word("keepReleases", known), "keep_releases");
  EXPECT_EQ(nearest_word("envs", known), "env");
  EXPECT_EQ(nearest_word("replicas", known), "");
  EXPECT_EQ(nearest_word("x", known), "");
  EXPECT_EQ(nearest_word(std::string(100'000, 'v'), known), "");
}

TEST(NearestWord, ElseTellsWhatIsAllowed) {
  EXPECT_EQ(did_you_mean("tim", std::vector<std::string>{"time", "bytes"}), "did you mean 'time'?");
  EXPECT_EQ(did_you_mean("speed", std::vector<std::string>{"time", "bytes"}), "allowed: time, bytes");
  EXPECT_EQ(did_you_mean("speed", {}), "");
}
