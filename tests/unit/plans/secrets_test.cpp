#include "plans/keys/secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/unit/plans/plan_files.hpp"

using namespace deployctl;
using namespace deployctl::plans;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using From = model::SecretSource::From;

namespace {

std::string plan_with(const std::string& build, const std::string& rollout) {
  return "service: redis\nfleet: fleet.yaml\nbuild: {repo: 'https://git.example/r', artifact: [{from: bin}]" +
         (build.empty() ? "" : ", " + build) + "}\nrelease: {deploy_to: /srv/redis}\nrollout: {waves: [{" + rollout +
         "}]}\n";
}

// As load() sees it: links on the way are followed.
std::string folder_of_plan(const PlanFiles& files) { return std::filesystem::canonical(files.dir.path()).string(); }

}  // namespace

TEST(PlanSecrets, ComeFromAFileAVariableOrACommandInOneForm) {
  const PlanFiles files;
  const auto loaded = files.load(plan_with(
      "token: {file: token}",
      "gate: {webhook: {env: GATE_URL}, headers: {Authorization: {command: pass show gate}, Accept: text/plain}}, "
      "analysis: {prometheus: {file: /etc/prometheus-url}, query: q, success_condition: '< 1', headers: "
      "{X-Api-Key: {file: ~/key}}}"));
  ASSERT_TRUE(loaded.plan) << ::testing::PrintToString(files.texts(loaded));
  EXPECT_EQ(loaded.plan->build.token, model::SecretSource(From::file, folder_of_plan(files) + "/token"));
  const auto& gates = loaded.plan->rollout.waves[0].gates;
  const auto& metric = std::get<model::MetricProbe>(gates[0].probe);
  EXPECT_EQ(metric.prometheus, model::SecretSource(From::file, "/etc/prometheus-url"));
  EXPECT_EQ(metric.headers.at("X-Api-Key").text, std::string(::getenv("HOME")) + "/key");
  const auto& webhook = std::get<model::WebhookProbe>(gates[1].probe);
  EXPECT_EQ(webhook.url, model::SecretSource(From::env, "GATE_URL"));
  EXPECT_EQ(webhook.headers.at("Authorization"),
            model::SecretSource(From::command, "pass show gate", folder_of_plan(files)));
  EXPECT_EQ(webhook.headers.at("Accept"), model::SecretSource("text/plain"));
}

TEST(PlanSecrets, WhatIsWrittenOutIsNeverShownInAMistake) {
  const PlanFiles files;
  for (const auto& plan :
       {plan_with("token: canary", ""), plan_with("token: [canary]", ""),
        plan_with("", "gate: {webhook: 'htps://u:canary@h/canary'}"), plan_with("", "gate: {webhook: 'canary'}"),
        plan_with("", "gate: {webhook: [canary]}"),
        plan_with("", "gate: {webhook: 'http://h', headers: {Authorization: Bearer canary}}"),
        plan_with("", "gate: {webhook: 'http://h', headers: {Cookie: canary}}"),
        plan_with("", "analysis: {prometheus: 'ftp://u:canary@h', query: q, success_condition: '< 1'}")}) {
    const auto problems = files.of_plan(plan);
    ASSERT_EQ(problems.size(), 1U) << plan;
    EXPECT_EQ(problems[0].find("canary"), std::string::npos) << problems[0];
    EXPECT_THAT(problems[0], HasSubstr("{env: NAME}"));
  }
}

TEST(PlanSecrets, ASourceIsOneOfThree) {
  const PlanFiles files;
  for (const auto* token : {"{}", "{file: a, env: B}", "{env: $TOKEN}", "{env: 'A B'}", "{vault: x}", "{file: ''}"})
    EXPECT_EQ(files.of_plan(plan_with(std::string("token: ") + token, "")).size(), 1U) << token;
  EXPECT_THAT(files.of_plan(plan_with("", "gate: {command: x, headers: {Accept: a}}")),
              ElementsAre(HasSubstr("'headers' belong to a webhook")));
}

TEST(PlanSecrets, AnOverrideIsReadFromItsSource) {
  const PlanFiles files;
  ::setenv("DEPLOYCTL_TEST_DEPLOY_TO", "/srv/from-the-environment", 1);
  ::unsetenv("DEPLOYCTL_TEST_UNSET");
  const auto loaded = files.load(
      small_plan, small_fleet,
      {{}, {"release.deploy_to={env: DEPLOYCTL_TEST_DEPLOY_TO}", "release.env.TOKEN={command: 'echo canary'}"}});
  ASSERT_TRUE(loaded.plan) << ::testing::PrintToString(files.texts(loaded));
  EXPECT_EQ(loaded.plan->release.deploy_to, "/srv/from-the-environment");
  EXPECT_EQ(loaded.plan->release.activation.env.at("TOKEN"), "canary");
  EXPECT_THAT(files.of_sets({"release.env.TOKEN={env: DEPLOYCTL_TEST_UNSET}"}),
              ElementsAre(HasSubstr("the variable is not set")));
  // A map of the plan's own language stays one.
  files.dir.write("other.yaml", small_fleet);
  EXPECT_TRUE(files.load(small_plan, small_fleet, {{}, {"fleet={file: other.yaml}"}}).plan);
  // In a file, it is a mistake as before.
  EXPECT_EQ(files.of_plan("service: {env: X}\n" + small_plan.substr(small_plan.find('\n') + 1)).size(), 1U);
}

TEST(PlanSecrets, AMistakeInAnOverrideShowsNeitherUrlsNorVariables) {
  const PlanFiles files;
  for (const auto& set : {"release.env.TOKEN.x=canary", "build.repo=https://u:canary@h/canary",
                          "rollout.waves.0.gate.webhook=https://u:canary@h/canary"})
    for (const auto& text : files.of_sets({set})) EXPECT_EQ(text.find("canary"), std::string::npos) << text;
}

TEST(PlanSecrets, AnOptionThatTakesAUrlTakesTheSameForm) {
  EXPECT_EQ(parse_url_option("--notify", "https://h/x").value(), model::SecretSource("https://h/x"));
  EXPECT_EQ(parse_url_option("--notify", "{env: HOOK}").value(), model::SecretSource(From::env, "HOOK"));
  EXPECT_EQ(parse_url_option("--notify", "{file: /etc/hook}").value(), model::SecretSource(From::file, "/etc/hook"));
  for (const auto* text : {"canary", "ftp://u:canary@h", "{env: 'canary x'}", "{canary: x}", "{env: A", "{}"}) {
    const auto url = parse_url_option("--notify", text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, Code::invalid);
    EXPECT_EQ(url.error().text().find("canary"), std::string::npos) << url.error().text();
    EXPECT_THAT(url.error().hint, HasSubstr("{env: NAME}"));
  }
}

TEST(PlanSecrets, APasswordInARepositorysUrlIsRefusedAndTheHintLeadsToTheToken) {
  const PlanFiles files;
  const auto problems = files.of_plan(
      "service: redis\nfleet: fleet.yaml\nbuild: {repo: 'https://u:canary@h/r', artifact: [{from: a}]}\nrelease: "
      "{deploy_to: /s}\n");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0], HasSubstr("build.token: {env: GIT_TOKEN}"));
  EXPECT_EQ(problems[0].find("canary"), std::string::npos) << problems[0];
}
