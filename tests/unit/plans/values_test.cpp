// Paths, repositories, versions: what is made of them, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plans/keys/paths.hpp"
#include "plans/keys/repo.hpp"
#include "plans/keys/version_template.hpp"
#include "tests/unit/plans/plan_files.hpp"

using namespace deployctl;
using namespace deployctl::plans;
using ::testing::ElementsAre;

TEST(Paths, BeneathAFolderAreTidied) {
  EXPECT_EQ(*relative_path("./a//b/"), "a/b");
  EXPECT_EQ(*relative_path("."), "");
  EXPECT_EQ(*relative_path("..a/b.."), "..a/b..");
  for (const auto* bad : {"/a", "..", "a/..", "../a", "a/../b", "a\nb"}) EXPECT_FALSE(relative_path(bad)) << bad;
  EXPECT_TRUE(is_beneath("a/b", "a"));
  EXPECT_TRUE(is_beneath("a", "a"));
  EXPECT_FALSE(is_beneath("ab", "a"));
}

TEST(Paths, OfATargetAreFoldersOfTheirOwn) {
  EXPECT_EQ(*target_folder("/srv/redis/"), "/srv/redis");
  EXPECT_EQ(*target_folder("//srv/./redis"), "/srv/redis");
  EXPECT_EQ(*target_folder("~/redis"), "~/redis");
  for (const auto* bad : {"/", "//", "/.", "~/", "~", "~bob/x", "redis", "./x", "/a/../b", "~/../x", "/a\tb"})
    EXPECT_FALSE(target_folder(bad)) << bad;
}

TEST(Paths, OfKeysKeepTheHomeForTheHostWhereTheyAreUsed) {
  EXPECT_EQ(*key_path("~/k", "/d"), "~/k");
  EXPECT_EQ(*key_path("k", "/d"), "/d/k");
  EXPECT_EQ(*key_path("../k", "/d/e"), "/d/k");
  EXPECT_FALSE(key_path("~bob/k", "/d"));
}

TEST(Paths, InErrorsAreShownAsTheUserWouldWriteThem) {
  EXPECT_EQ(shown_beside("deploy.yaml", "fleet.yaml"), "fleet.yaml");
  EXPECT_EQ(shown_beside("plans/deploy.yaml", "../fleet.yaml"), "fleet.yaml");
  EXPECT_EQ(shown_beside("/x/deploy.yaml", "f.yaml"), "/x/f.yaml");
  EXPECT_EQ(shown_beside("x/deploy.yaml", "/f.yaml"), "/f.yaml");
}

TEST(Repo, IsAPathOrAUrlThatCanBeTrusted) {
  EXPECT_EQ(*resolve_repo("../redis.git", "/home/me/plan"), "/home/me/redis.git");
  EXPECT_EQ(*resolve_repo("/srv/redis.git", "/x"), "/srv/redis.git");
  EXPECT_EQ(*resolve_repo("./a:b", "/x"), "/x/a:b");
  EXPECT_EQ(*resolve_repo("my repos/r", "/x"), "/x/my repos/r");
  for (const auto* good : {"https://example.com/r.git", "ssh://git@example.com:22/r.git", "file:///srv/r.git",
                           "git@example.com:r.git", "host:r"})
    EXPECT_EQ(*resolve_repo(good, "/x"), good);
  for (const auto* bad : {"http://a/b", "git://a/b", "ftp://a/b", "ext::sh -c x", "https:///r",
                          "ssh://-oProxyCommand=x/r", "ssh://a@-b/r", "https://a", "https://me:pw@a/b", "file://a/b",
                          "git@-x:r", ":r", "git@a:", "~bob/r", "-x", "a\nb", "https://a/b c", "git@a:b c"})
    EXPECT_FALSE(resolve_repo(bad, "/x")) << bad;
  EXPECT_NE(resolve_repo("http://a/b", "/x").error().message.find("http://"), std::string::npos);
  EXPECT_NE(resolve_repo("git://a/b", "/x").error().message.find("git://"), std::string::npos);
}

TEST(VersionTemplate, KnowsItsPlaceholders) {
  for (const auto* good : {"{describe}", "1.2", "{tag}-{short}", "{commit}", "v{date}"})
    EXPECT_TRUE(check_version_template(good)) << good;
  for (const auto* bad : {"{branch}", "{", "}", "{tag", "tag}", "{{tag}}", "{}"})
    EXPECT_FALSE(check_version_template(bad)) << bad;
  EXPECT_EQ(check_version_template("{descripe}").error().hint, "did you mean '{describe}'?");
}

TEST(Values, AreTakenAsWritten) {
  const PlanFiles files;
  const auto loaded = files.load(
      "service: redis\nfleet: fleet.yaml\nbuild: {repo: ../r, ref: 7.20, env: {A: 010, B: yes, C: 1e3, D: "
      "\"\"}, artifact: [{from: a, to: ./}]}\nrelease: {deploy_to: /srv/redis}\n");
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  EXPECT_EQ(loaded.plan->build.ref, "7.20");
  EXPECT_EQ(loaded.plan->build.env, (model::Environment{{"A", "010"}, {"B", "yes"}, {"C", "1e3"}, {"D", ""}}));
  EXPECT_EQ(loaded.plan->build.artifact[0].to, "./");
}

TEST(Values, OfHooksComeInThreeForms) {
  const PlanFiles files;
  const auto loaded = files.load(
      "service: redis\nfleet: fleet.yaml\nbuild: {repo: ../r, artifact: [{from: a}]}\nrelease:\n  deploy_to: "
      "/srv/redis\n  hooks:\n    stop: ./a\n    start: [./b, ./c]\n    validate: {run: [./d], timeout: 7s}\n "
      "   on_failure: {run: ./e}\n");
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  const auto& activation = loaded.plan->release.activation;
  EXPECT_EQ(*activation.hook(model::TargetHook::stop), (model::Hook{{"./a"}}));
  EXPECT_EQ(*activation.hook(model::TargetHook::start), (model::Hook{{"./b", "./c"}}));
  EXPECT_EQ(*activation.hook(model::TargetHook::validate), (model::Hook{{"./d"}, std::chrono::seconds(7)}));
  EXPECT_EQ(loaded.plan->release.control_hooks.on_failure, (model::Hook{{"./e"}}));
  EXPECT_TRUE(loaded.plan->release.control_hooks.pre_build.empty());
  EXPECT_TRUE(model::Activation::parse(activation.json()));
}

TEST(Values, OfAnActivationTravel) {
  const PlanFiles files;
  const auto loaded = files.load(
      "service: redis\nfleet: fleet.yaml\nbuild: {repo: ../r, artifact: [{from: a}]}\nrelease: {deploy_to: "
      "/s, linked_dirs: [\"b/\"], env: {X: \"\\u00e9\"}, health_checks: [{tcp: {port: 1}}]}\n");
  ASSERT_TRUE(loaded.plan) << to_error(loaded.problems).text();
  EXPECT_EQ(*model::Activation::parse(loaded.plan->release.activation.json()), loaded.plan->release.activation);
}
