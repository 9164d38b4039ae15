#include "core/text/printable.hpp"

#include <gtest/gtest.h>

using namespace deployctl;

TEST(Printing, JsonEscapesWhatATerminalObeysOrWhatReordersText) {
  EXPECT_EQ(printable_json("{\"a\":\"x\x7fy\"}"), R"({"a":"x\u007fy"})");  // DEL
  EXPECT_EQ(printable_json("\"\xc2\x9b"
                           "31m\""),
            R"("\u009b31m")");  // C1: CSI
  EXPECT_EQ(printable_json("\"\xe2\x80\xae"
                           "gpj\""),
            R"("\u202egpj")");  // right-to-left override
  EXPECT_EQ(printable_json("\"\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c\""), R"("\u2066\u200f\u061c")");  // isolate, marks
  EXPECT_EQ(printable_json("\"\xe2\x80\xa8\xef\xbb\xbf\""), R"("\u2028\ufeff")");                // line separator, BOM
  EXPECT_EQ(printable_json("\"\xf3\xa0\x81\x81\""), R"("\udb40\udc41")");                        // a tag character
}

TEST(Printing, JsonKeepsAllOtherText) {
  const std::string text = "{\"k\":\"ASCII \\n \\u0007 \xc3\xa4\xe2\x82\xac\xe6\xbc\xa2\xf0\x9f\x98\x80\xc2\xa0\"}";
  EXPECT_EQ(printable_json(text), text);
  EXPECT_EQ(printable_json(""), "");
}

TEST(Printing, JsonSurvivesTextThatIsNotUtf8) { EXPECT_EQ(printable_json("\"\xff\xe2\x80"), "\"\xff\xe2\x80"); }
