#include "core/model/release.hpp"

#include <gtest/gtest.h>

#include "core/model/amount.hpp"
#include "core/model/fleet.hpp"

namespace deployctl::model {
namespace {

Release sample() {
  Release release{"7.2/4 rc", sha256("artifact"), {}};
  release.activation.hooks[TargetHook::start] = {{"./run"}, std::chrono::seconds(9)};
  release.activation.health_checks.push_back({HttpCheck{8080, "127.0.0.1", "/healthz", 200}});
  release.activation.env["PORT"] = "8080";
  release.activation.linked_dirs = {"data"};
  return release;
}

TEST(Release, ComesBackFromItsJson) {
  const auto again = Release::parse(sample().json());
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(*again, sample());
  EXPECT_EQ(again->digest(), sample().digest());
  EXPECT_FALSE(Release::parse("{\"version\":\"1\"}"));
}

TEST(Release, AChangedPortIsAnotherRelease) {
  Release changed = sample();
  changed.activation.env["PORT"] = "8081";
  EXPECT_NE(changed.digest(), sample().digest());
  EXPECT_EQ(sample().folder(), "7.2-4-rc-" + sample().digest().short8());
}

TEST(Activation, RefusesWhatThisVersionDoesNotKnow) {
  const auto json = sample().activation.json();
  EXPECT_TRUE(Activation::parse(json));
  EXPECT_FALSE(Activation::parse("{\"approval\":1," + json.substr(1)));
}

TEST(Amount, RoundsAsAsked) {
  EXPECT_EQ(Amount::parse("25%")->round_up(5), 2u);
  EXPECT_EQ(Amount::parse("25%")->round_down(5), 1u);
  EXPECT_EQ(Amount::parse("7")->round_up(5), 5u);
  for (const char* text : {"", "%", "-1", "101%", "1.5", "3 ", "x"}) EXPECT_FALSE(Amount::parse(text)) << text;
}

TEST(Selector, TakesTargetsWithEveryLabel) {
  const auto selector = Selector::parse("role=cache, env=prod");
  ASSERT_TRUE(selector);
  EXPECT_TRUE(selector->matches({{"role", "cache"}, {"env", "prod"}, {"zone", "a"}}));
  EXPECT_FALSE(selector->matches({{"role", "cache"}}));
  EXPECT_TRUE(Selector::parse("")->matches({}));
  for (const char* text : {"role", "=x", "role=", "a=b,"}) EXPECT_FALSE(Selector::parse(text)) << text;
}

}  // namespace
}  // namespace deployctl::model
