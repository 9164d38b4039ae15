// Against a real listener of the test's own, which says what it got.
#include "core/http/post.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/http/exchange.hpp"
#include "tests/support/http_server.hpp"

using namespace deployctl;
using namespace std::chrono_literals;
using deployctl::testing::HttpServer;
using ::testing::HasSubstr;

namespace {

HttpServer answering(const std::string& answer) {
  return HttpServer([answer](const std::string&) { return answer; });
}

}  // namespace

TEST(Post, SendsTheTextAsJson) {
  const auto server = answering("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  const auto sent = http::post_json(server.url() + "/hook", R"({"event":"rollout_finished"})", 5s);
  ASSERT_TRUE(sent) << sent.error().text();
  EXPECT_THAT(server.requests().at(0), HasSubstr("POST /hook HTTP/1.1"));
  EXPECT_THAT(server.requests().at(0), HasSubstr("Content-Type: application/json"));
  EXPECT_THAT(server.requests().at(0), HasSubstr(R"({"event":"rollout_finished"})"));
}

TEST(Post, AStatusOtherThan2xxIsRefusedWithItsWords) {
  const auto server = answering("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 9\r\n\r\nno token\n");
  const auto sent = http::post_json(server.url() + "/hook", "{}", 5s);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Code::refused);
  EXPECT_THAT(sent.error().text(), HasSubstr("status 403: no token"));
}

TEST(Post, ARedirectIsNotFollowed) {
  const auto server = answering(
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(http::post_json(server.url() + "/hook", "{}", 5s).error().code, Code::refused);
}

TEST(Post, ASilentServerIsGivenUp) {
  const auto server = answering("");
  EXPECT_EQ(http::post_json(server.url() + "/hook", "{}", 100ms).error().code, Code::timed_out);
}

TEST(Post, OtherProtocolsAndDeadEndsAreToldApart) {
  EXPECT_EQ(http::post_json("file:///etc/passwd", "{}", 1s).error().code, Code::invalid);
  EXPECT_EQ(http::post_json("http://127.0.0.1:1/", "{}", 5s).error().code, Code::unreachable);
}

TEST(Exchange, GetsAnAnswerWhateverItsStatus) {
  const auto server = answering(HttpServer::reply(503, "not now"));
  http::Request request;
  request.url = server.url() + "/api?q=" + http::escaped("a b+c/{}\"");
  const auto answer = http::exchange(request);
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "not now");
  EXPECT_THAT(server.requests().at(0), HasSubstr("GET /api?q=a%20b%2Bc%2F%7B%7D%22 HTTP/1.1"));
}

TEST(Exchange, AnEndlessAnswerIsGivenUp) {
  const auto server = answering(HttpServer::reply(200, std::string(100'000, 'x')));
  http::Request request;
  request.url = server.url();
  request.most_answer = 50'000;
  const auto answer = http::exchange(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::invalid);
}
