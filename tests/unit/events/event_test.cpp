#include "core/events/event.hpp"

#include <gtest/gtest.h>

#include <regex>

#include "tests/support/temp_dir.hpp"

namespace deployctl::events {
namespace {

Event an_event() {
  Event event;
  event.name = "target_active";
  event.seq = 17;
  event.time = WallTime(std::chrono::milliseconds(1'795'511'312'120));
  event.rollout = "r-20261124-091502-3f9a";
  event.service = "redis";
  event.environment = "production";
  return event;
}

TEST(Event, HasItsCommonMembersInOneOrderAndThenItsBody) {
  Event event = an_event();
  event.version = "7.2.4";
  event.wave = "canary";
  event.region = "eu-west";
  event.target = "10.1.0.11";
  event.body = R"({"seconds":1.4,"already":false})";
  EXPECT_EQ(
      events::to_json_line(event),
      R"({"schema":1,"seq":17,"time":"2026-11-24T09:08:32.120Z","event":"target_active","rollout":"r-20261124-091502-3f9a",)"
      R"("service":"redis","environment":"production","version":"7.2.4","wave":"canary","region":"eu-west",)"
      R"("target":"10.1.0.11","seconds":1.4,"already":false})");
}

TEST(Event, LeavesOutWhatDoesNotApply) {
  EXPECT_EQ(
      events::to_json_line(an_event()),
      R"({"schema":1,"seq":17,"time":"2026-11-24T09:08:32.120Z","event":"target_active","rollout":"r-20261124-091502-3f9a",)"
      R"("service":"redis","environment":"production"})");
}

TEST(Event, AnErrorIsItsWholeTextWithCodeAndHint) {
  Event event = an_event();
  event.error = with_hint(with_context(error(Code::hook_failed, "exit status 3"), "start"), "deployctl logs r-1");
  EXPECT_NE(events::to_json_line(event).find(
                R"("error":{"code":"hook_failed","message":"start: exit status 3","hint":"deployctl logs r-1"})"),
            std::string::npos);
}

TEST(Event, CommonMembersWinOverTheBody) {
  Event event = an_event();
  event.version = "7.2.4";
  event.body = R"({"version":"other","seq":0,"region":"where the event has none"})";
  const auto line = events::to_json_line(event);
  EXPECT_EQ(line.find("other"), std::string::npos);
  EXPECT_NE(line.find(R"("seq":17)"), std::string::npos);
  EXPECT_NE(line.find(R"("region":"where the event has none")"), std::string::npos);
}

TEST(Event, ALineEscapesWhatCouldSteerATerminalAndReadsBackAsItWas) {
  Event event = an_event();
  event.target = "t\xe2\x80\xae";
  event.body =
      "{\"output\":\"\xc2\x9b"
      "31m\x7f\"}";
  event.error = error(Code::hook_failed, "\xe2\x81\xa6 why");
  const auto line = events::to_json_line(event);
  EXPECT_NE(line.find(R"("target":"t\u202e")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("output":"\u009b31m\u007f")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("message":"\u2066 why")"), std::string::npos) << line;
  const auto back = events::parse_event(line);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->target, event.target);
  EXPECT_EQ(back->error->message, event.error->message);
  EXPECT_EQ(back->body, event.body);
}

TEST(Event, IsParsedOnlyIfItHasOneOfTheNames) {
  Event event = an_event();
  event.body = R"({"event":"wave_finished"})";  // a member of the body doesn't count
  const auto line = events::to_json_line(event);
  EXPECT_FALSE(events::parse_if_named(line, {"wave_finished", "wave_started"}));
  ASSERT_TRUE(events::parse_if_named(line, {"target_active"}));
  EXPECT_EQ(events::parse_if_named(line, {"target_active"})->rollout, event.rollout);
  EXPECT_FALSE(events::parse_if_named("no JSON", {"target_active"}));
  // Another order of the members than ours.
  const std::string other =
      R"({"event":"wave_started","schema":1,"seq":1,"time":"2026-11-24T09:08:32.120Z","rollout":"r","service":"s","environment":"e"})";
  EXPECT_TRUE(events::parse_if_named(other, {"wave_started"}));
}

TEST(Event, IsOneLineOfUtf8WhateverAHookPrinted) {
  Event event = an_event();
  event.target = "a\nb";
  event.error = error(Code::hook_failed, "bad \xff byte");
  event.body = "{\"output\":\"caf\xe9\"}";
  const auto line = events::to_json_line(event);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_NE(line.find(R"("target":"a\nb")"), std::string::npos);
  EXPECT_NE(line.find("bad \xef\xbf\xbd byte"), std::string::npos);
  EXPECT_NE(line.find("\"output\":\"caf\xef\xbf\xbd\""), std::string::npos);
}

TEST(Event, ABodyThatIsNoObjectIsShownNotLost) {
  Event event = an_event();
  event.body = "{torn";
  EXPECT_NE(events::to_json_line(event).find(R"("body":"{torn")"), std::string::npos);
  event.body = "[1]";
  EXPECT_NE(events::to_json_line(event).find(R"("body":"[1]")"), std::string::npos);
  event.body = "";
  EXPECT_TRUE(events::parse_event(events::to_json_line(event)));
}

TEST(Event, IsReadBackAsItWas) {
  Event event = an_event();
  event.version = "7.2.4";
  event.wave = "canary";
  event.region = "eu-west";
  event.target = "10.1.0.11";
  event.error = with_hint(with_context(error(Code::unhealthy, "tcp 6400: refused"), "checks"), "look");
  event.body = R"({"z":18446744073709551615,"a":{"deep":[1,2.5,null,"ü"]}})";
  const auto line = events::to_json_line(event);
  const auto back = events::parse_event(line);
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->name, event.name);
  EXPECT_EQ(back->seq, event.seq);
  EXPECT_EQ(back->time, event.time);
  EXPECT_EQ(back->target, event.target);
  EXPECT_EQ(back->error->code, Code::unhealthy);
  EXPECT_EQ(back->error->message, "checks: tcp 6400: refused");
  EXPECT_EQ(back->body, event.body);
  EXPECT_EQ(events::to_json_line(*back), line);
}

TEST(Event, WhatIsNoEventIsRefused) {
  for (const char* line :
       {"", "{", "[]", "7", R"({"schema":1})", R"({"schema":"1","event":"x","time":"2026-11-24T09:08:32.120Z"})",
        R"({"schema":1,"event":7,"time":"2026-11-24T09:08:32.120Z"})", R"({"schema":1,"event":"x","time":"noon"})",
        R"({"schema":1,"event":"x","time":"2026-11-24T09:08:32.120Z","error":"words"})",
        "{\"schema\":1,\"event\":\"\xff\",\"time\":\"2026-11-24T09:08:32.120Z\"}"}) {
    const auto event = events::parse_event(line);
    ASSERT_FALSE(event) << line;
    EXPECT_EQ(event.error().code, Code::invalid) << line;
  }
}

TEST(Event, ANewerSchemaIsNotGuessedAt) {
  const auto event = events::parse_event(R"({"schema":2,"event":"x","time":"2026-11-24T09:08:32.120Z"})");
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, Code::unsupported);
}

// A name that isn't on the page is no contract.
TEST(Event, EveryNameAndEveryErrorCodeIsInTheManual) {
  const std::string root = TEST_SOURCE_DIR "/";
  const auto page = deployctl::testing::read_text(root + "man/deployctl-events.7");
  for (int code = 0; code <= static_cast<int>(Code::unsupported); ++code) {
    const std::string word = to_string(static_cast<Code>(code));
    EXPECT_TRUE(std::regex_search(page, std::regex("\\.It Cm (\\w+ , )?" + word + "\\b"))) << word;
  }
  const std::regex name("\"((?:target|wave|rollout|rollback|hook|build)_[a-z]+)\"");
  std::size_t names = 0;
  for (const char* file : {"core/rollout/driver/event_builder.cpp", "cli/flows/building.cpp"}) {
    const auto source = deployctl::testing::read_text(root + file);
    for (std::sregex_iterator i(source.begin(), source.end(), name), end; i != end; ++i, ++names)
      EXPECT_NE(page.find(".It Ic " + i->str(1)), std::string::npos) << i->str(1);
  }
  EXPECT_GT(names, 20u);
}

}  // namespace
}  // namespace deployctl::events
