#include "cli/session/json_object.hpp"

#include <gtest/gtest.h>

using namespace deployctl::cli;

TEST(JsonObject, KeepsTheOrderAndTheTypes) {
  JsonObject object;
  object.add("b", "text").add("a", true).add("n", 7u).add("big", std::uint64_t{1} << 40).add("s", 1.5);
  object.add("list", std::vector<std::string>{"x", "y"}).add_null("none").add_if("empty", "").add_raw("o", "{}");
  EXPECT_EQ(object.text(),
            R"({"b":"text","a":true,"n":7,"big":1099511627776,"s":1.500,"list":["x","y"],"none":null,"o":{}})");
  EXPECT_EQ(JsonObject().text(), "{}");
}

TEST(JsonObject, EscapesWhatCouldSteerATerminal) {
  EXPECT_EQ(JsonObject()
                .add("t",
                     "\xc2\x9b"
                     "1m\xe2\x80\xae\x7f")
                .text(),
            R"({"t":"\u009b1m\u202e\u007f"})");
}

TEST(JsonObject, WhatIsNotUtf8IsReplacedAndWhatEndsALineIsEscaped) {
  EXPECT_EQ(JsonObject().add("t", "a\xff\nb\"").text(), "{\"t\":\"a\xef\xbf\xbd\\nb\\\"\"}");
}
