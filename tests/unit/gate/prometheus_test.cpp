#include "core/gate/prometheus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/http_server.hpp"

using namespace deployctl;
using namespace std::chrono_literals;
using deployctl::testing::HttpServer;
using ::testing::HasSubstr;

namespace {

std::string vector_of(const std::string& elements) {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + elements + "]}}";
}

gate::Endpoint at(const std::string& url) { return gate::endpoint_of(url, {}).value(); }

std::string sample(const std::string& value) {
  return R"({"metric":{"job":"a"},"value":[1435781451.781,")" + value + "\"]}";
}

}  // namespace

TEST(Prometheus, ReadsOneNumber) {
  EXPECT_DOUBLE_EQ(gate::value_of(vector_of(sample("0.25"))).value(), 0.25);
  EXPECT_DOUBLE_EQ(
      gate::value_of(R"({"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"-1e-3"]}})")
          .value(),
      -0.001);
  EXPECT_TRUE(std::isinf(gate::value_of(vector_of(sample("+Inf"))).value()));
}

TEST(Prometheus, TellsNoDataFromTooMuchFromAMistake) {
  EXPECT_EQ(gate::value_of(vector_of("")).error().code, Code::not_found);
  EXPECT_EQ(gate::value_of(vector_of(sample("NaN"))).error().code, Code::not_found);
  const auto two = gate::value_of(vector_of(sample("1") + "," + sample("2")));
  EXPECT_EQ(two.error().code, Code::invalid);
  EXPECT_THAT(two.error().text(), HasSubstr("2 series"));
  const auto bad = gate::value_of(R"({"status":"error","errorType":"bad_data","error":"parse error at char 3"})");
  EXPECT_EQ(bad.error().code, Code::invalid);
  EXPECT_THAT(bad.error().text(), HasSubstr("parse error at char 3"));
  for (const auto* text : {"", "[]", "{}", "<html>", R"({"status":"success"})",
                           R"({"status":"success","data":{"resultType":"vector","result":[{}]}})"})
    EXPECT_EQ(gate::value_of(text).error().code, Code::invalid) << text;
  EXPECT_EQ(gate::value_of(R"({"status":"success","data":{"resultType":"matrix","result":[]}})").error().code,
            Code::invalid);
}

TEST(Prometheus, TargetsBecomeAPatternThatMatchesThemAlone) {
  EXPECT_EQ(gate::expanded("up{instance=~\"{targets}\"}", {"10.1.0.11", "10.1.0.12:2222"}),
            "up{instance=~\"10[.]1[.]0[.]11(:[0-9]+)?|10[.]1[.]0[.]12:2222\"}");
  EXPECT_EQ(gate::expanded("{targets} or {targets}", {"a"}), "a(:[0-9]+)? or a(:[0-9]+)?");
  EXPECT_EQ(gate::expanded("up", {"a"}), "up");
}

TEST(Prometheus, AsksTheInstantQueryApi) {
  const HttpServer server([](const std::string&) { return HttpServer::reply(200, vector_of(sample("3"))); });
  EXPECT_DOUBLE_EQ(gate::query(at(server.url()), "sum(up)", 5s).value(), 3);
  EXPECT_THAT(server.requests().at(0), HasSubstr("GET /api/v1/query?query=sum%28up%29 HTTP/1.1"));
}

TEST(Prometheus, AMistakeInTheQueryIsToldInTheServersWords) {
  const HttpServer server([](const std::string&) {
    return HttpServer::reply(400, R"({"status":"error","errorType":"bad_data","error":"unclosed left parenthesis"})");
  });
  const auto value = gate::query(at(server.url()), "sum(", 5s);
  EXPECT_EQ(value.error().code, Code::invalid);
  EXPECT_THAT(value.error().text(), HasSubstr("unclosed left parenthesis"));
}

TEST(Prometheus, OneThatIsDownIsUnreachable) {
  const auto value = gate::query(at("http://127.0.0.1:1"), "up", 5s);
  EXPECT_EQ(value.error().code, Code::unreachable);
  EXPECT_THAT(value.error().text(), HasSubstr("http://127.0.0.1:1: "));
  const HttpServer broken([](const std::string&) { return HttpServer::reply(502, "<html>"); });
  EXPECT_EQ(gate::query(at(broken.url()), "up", 5s).error().code, Code::unreachable);
}
