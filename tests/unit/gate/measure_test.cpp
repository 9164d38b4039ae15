// Probes against real listeners and real commands.
#include "core/gate/measure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/thread_pool.hpp>
#include <fstream>

#include "tests/support/http_server.hpp"
#include "tests/support/run_async.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace std::chrono_literals;
using deployctl::testing::HttpServer;
using deployctl::testing::TempDir;
using model::Measured;
using How = model::Measured::How;
using ::testing::HasSubstr;

namespace {

model::GateQuestion question(std::variant<model::MetricProbe, model::WebhookProbe, model::CommandProbe> probe) {
  model::GateQuestion question;
  question.gate.name = "may we";
  question.gate.probe = std::move(probe);
  question.gate.timeout = 5s;
  question.service = "redis";
  question.environment = "production";
  question.version = "7.2.4";
  question.rollout = "r-1";
  question.wave = "canary";
  question.updated = {"10.1.0.11"};
  question.others = {"10.1.0.12", "10.1.0.13"};
  return question;
}

Measured measured(const model::GateQuestion& asked, const std::string& cwd = "/", io::CancelToken token = {}) {
  asio::thread_pool pool(1);
  return deployctl::testing::run_async(gate::measure(asked, pool, cwd, token));
}

std::string number(const std::string& value) {
  return HttpServer::reply(
      200,
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,")" + value + "\"]}]}}");
}

model::MetricProbe metric(const std::string& server, const std::string& condition) {
  return {server, "rate{instance=~\"{targets}\"}", model::Condition::parse(condition).value()};
}

}  // namespace

TEST(Measure, AMetricIsHeldAgainstItsCondition) {
  const HttpServer server([](const std::string&) { return number("0.034"); });
  EXPECT_EQ(measured(question(metric(server.url(), "< 0.05"))).how, How::pass);
  const auto bad = measured(question(metric(server.url(), "< 0.01")));
  EXPECT_EQ(bad.how, How::fail);
  EXPECT_EQ(bad.words, "query rate{instance=~\"{targets}\"} is 0.034, < 0.01 is wanted");
}

TEST(Measure, TheBaselineIsWhatTheOthersHave) {
  const HttpServer server([](const std::string& request) {
    return number(request.find("10%5B.%5D1%5B.%5D0%5B.%5D11") != std::string::npos ? "3" : "2");
  });
  const auto bad = measured(question(metric(server.url(), "<= 1.2 * baseline")));
  EXPECT_EQ(bad.how, How::fail);
  EXPECT_THAT(bad.words, HasSubstr("is 3, <= 1.2 * baseline is wanted (the baseline is 2, so 2.4)"));
  EXPECT_EQ(measured(question(metric(server.url(), "<= 1.5 * baseline"))).how, How::pass);
  auto nobody_left = question(metric(server.url(), "<= 1.5 * baseline"));
  nobody_left.others.clear();
  EXPECT_EQ(measured(nobody_left).how, How::inconclusive);
}

TEST(Measure, NoAnswerIsInconclusiveInWords) {
  const auto down = measured(question(metric("http://127.0.0.1:1", "< 1")));
  EXPECT_EQ(down.how, How::inconclusive);
  EXPECT_THAT(down.words, HasSubstr("http://127.0.0.1:1"));
}

TEST(Measure, AWebhookIsToldWhatItIsAskedAbout) {
  const HttpServer server([](const std::string&) { return HttpServer::reply(204, ""); });
  EXPECT_EQ(measured(question(model::WebhookProbe{server.url() + "/gate"})).how, How::pass);
  EXPECT_THAT(server.requests().at(0), HasSubstr("POST /gate"));
  EXPECT_THAT(
      server.requests().at(0),
      HasSubstr(
          R"({"service":"redis","environment":"production","version":"7.2.4","rollout":"r-1","wave":"canary","gate":"may we",)"
          R"("updated":["10.1.0.11"],"others":["10.1.0.12","10.1.0.13"]})"));
}

TEST(Measure, AWebhooksAnswersAreToldApart) {
  const auto says = [](int status, const std::string& body) {
    const HttpServer server([=](const std::string&) { return HttpServer::reply(status, body); });
    return measured(question(model::WebhookProbe{server.url()}));
  };
  EXPECT_EQ(says(200, "fine").how, How::pass);
  EXPECT_EQ(says(200, R"({"status":"pass"})").how, How::pass);
  const auto failed = says(200, R"({"status":"fail","message":"error budget is spent"})");
  EXPECT_EQ(failed.how, How::fail);
  EXPECT_THAT(failed.words, HasSubstr("says fail: error budget is spent"));
  EXPECT_EQ(says(200, R"({"status":"wait"})").how, How::inconclusive);
  EXPECT_EQ(says(403, "no").how, How::fail);
  EXPECT_EQ(says(500, "oops").how, How::inconclusive);
  EXPECT_EQ(measured(question(model::WebhookProbe{"http://127.0.0.1:1/"})).how, How::inconclusive);
}

TEST(Measure, AnAnswerThatCantBeUnderstoodIsNoPass) {
  const auto says = [](const std::string& body, const std::string& type) {
    const HttpServer server([=](const std::string&) { return HttpServer::reply(200, body, type); });
    return measured(question(model::WebhookProbe{server.url()}));
  };
  for (const auto& [body, type] :
       std::vector<std::pair<std::string, std::string>>{{"{\"status\": \"fai", "application/json"},
                                                        {"<h1>502</h1>", "application/json; charset=utf-8"},
                                                        {"no", "application/problem+json"},
                                                        {"please log in", "text/html"},
                                                        {"please log in", "Text/HTML; charset=utf-8"},
                                                        {"  <!DOCTYPE html><title>Log in</title>", ""},
                                                        {"<html>", "text/plain"},
                                                        {"{\"status\": \"pa", ""},
                                                        {R"({"status": 0})", "application/json"},
                                                        {R"({"status": null})", ""},
                                                        {"{\"status\": \"fail\", \"reason", "text/plain"},
                                                        {std::string(900'000, '['), ""},
                                                        {std::string("\xff\xfe{\0\"\0", 6), "application/json"}}) {
    const auto answer = says(body, type);
    EXPECT_EQ(answer.how, How::inconclusive) << type << " " << body << ": " << answer.words;
    EXPECT_THAT(answer.words, HasSubstr("answered 200 with ")) << body;
  }
  for (const auto& [body, type] :
       std::vector<std::pair<std::string, std::string>>{{"", "application/json"},
                                                        {"\n", "text/html"},
                                                        {"", ""},
                                                        {"fine", "text/plain"},
                                                        {"fine", ""},
                                                        {"[]", "application/json"},
                                                        {R"({"state": 1})", "application/json"}})
    EXPECT_EQ(says(body, type).how, How::pass) << type << " " << body;
}

TEST(Measure, SecretsOfItsUrlAndHeadersAreUsedAndNeverShown) {
  const TempDir dir;
  std::ofstream(dir / "token") << "canary-header\n";
  for (const int status : {200, 404, 500}) {
    const HttpServer server([=](const std::string& request) {
      return HttpServer::reply(status, "Cannot " + request.substr(0, request.find('\r')));
    });
    const std::string url =
        "http://user:canary-password@" + server.url().substr(7) + "/services/canary-path?key=canary-query";
    std::ofstream(dir / "url") << url << "\n";
    for (const auto& source :
         {model::SecretSource(url), model::SecretSource(model::SecretSource::From::file, dir / "url")}) {
      model::WebhookProbe probe{source, {{"Authorization", {model::SecretSource::From::file, dir / "token"}}}};
      const auto answer = measured(question(probe));
      EXPECT_EQ(answer.words.find("canary"), std::string::npos) << answer.words;
      EXPECT_THAT(answer.words, HasSubstr(server.url()));
      EXPECT_THAT(server.requests().back(), HasSubstr("POST /services/canary-path?key=canary-query"));
      EXPECT_THAT(server.requests().back(), HasSubstr("Authorization: canary-header"));
      EXPECT_EQ(question(probe).gate.text().find("canary"), std::string::npos) << question(probe).gate.text();
    }
  }
  const auto down = measured(question(model::WebhookProbe{"http://u:canary-password@127.0.0.1:1/canary-path"}));
  EXPECT_EQ(down.words.find("canary"), std::string::npos) << down.words;
  const auto metric_down = measured(question(metric("http://u:canary-password@127.0.0.1:1/canary-path", "< 1")));
  EXPECT_EQ(metric_down.words.find("canary"), std::string::npos) << metric_down.words;
}

TEST(Measure, ASecretThatCantBeReadIsNoAnswer) {
  const auto answer = measured(question(model::WebhookProbe{{model::SecretSource::From::env, "DEPLOYCTL_TEST_UNSET"}}));
  EXPECT_EQ(answer.how, How::inconclusive);
  EXPECT_THAT(answer.words, HasSubstr("{env: DEPLOYCTL_TEST_UNSET} can't be read: the variable is not set"));
}

TEST(Measure, ACommandRunsInThePlansFolderAndKnowsWhatItIsAskedAbout) {
  const TempDir dir;
  const auto passed =
      measured(question(model::CommandProbe{"echo $WAVE $UPDATED_TARGETS / $OTHER_TARGETS > said; pwd"}), dir.path());
  EXPECT_EQ(passed.how, How::pass) << passed.words;
  EXPECT_EQ(deployctl::testing::read_text(dir / "said"), "canary 10.1.0.11 / 10.1.0.12 10.1.0.13\n");
}

TEST(Measure, ACommandsExitCodeSaysHowItWent) {
  const auto failed = measured(question(model::CommandProbe{"echo too many errors >&2; exit 3"}));
  EXPECT_EQ(failed.how, How::fail);
  EXPECT_THAT(failed.words, HasSubstr("exit status 3: too many errors"));
  EXPECT_EQ(measured(question(model::CommandProbe{"exit 75"})).how, How::inconclusive);
  auto slow = question(model::CommandProbe{"sleep 600"});
  slow.gate.timeout = 50ms;
  EXPECT_EQ(measured(slow).how, How::inconclusive);
}

TEST(Measure, ACancelledOneEndsAtOnce) {
  io::CancelToken token;
  token.cancel();
  EXPECT_EQ(measured(question(model::CommandProbe{"sleep 600"}), "/", token).how, How::inconclusive);
}
