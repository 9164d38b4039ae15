#include "cli/output/text.hpp"

#include <gtest/gtest.h>

#include "cli/output/line.hpp"

namespace deployctl::output {
namespace {

TEST(Text, CannotSteerATerminal) {
  EXPECT_EQ(printable("\x1b[31mred\x1b[0m \x1b]0;title\x07then"), "red then");
  EXPECT_EQ(printable("\x1b]8;;http://x\x1b\\link"), "link");
  EXPECT_EQ(printable("a\x1b"
                      "b\x07"
                      "c\x7f"
                      "d\xc2\x9b"
                      "31m"),
            "a?b?c?d?31m");
  EXPECT_EQ(printable("\x1b[31"), "?[31");  // torn
  EXPECT_EQ(printable("\x1b]0;never ended"), "?]0;never ended");
  EXPECT_EQ(printable("one\ttwo\nthree\r"), "one two three ");
  EXPECT_EQ(printable("abc\xe2\x80\xae"
                      "def"),
            "abc?def");  // a right-to-left override
}

TEST(Text, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(printable("caf\xe9!"), "caf\xef\xbf\xbd!");
  EXPECT_EQ(printable("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd");                  // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // a surrogate
  EXPECT_EQ(printable("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");                  // cut short
  EXPECT_EQ(printable("grün 東京 🚀"), "grün 東京 🚀");
}

TEST(Text, CountsColumnsNotBytes) {
  EXPECT_EQ(columns("grün"), 4u);
  EXPECT_EQ(columns("東京"), 4u);
  EXPECT_EQ(columns("e\xcc\x81"), 1u);  // e and a combining accent
  EXPECT_EQ(columns("…"), 1u);
}

TEST(Text, IsCutToAWidthWithAMark) {
  EXPECT_EQ(cut("eu-west-1", 9), "eu-west-1");
  EXPECT_EQ(cut("eu-west-1", 6), "eu-we…");
  EXPECT_EQ(cut("eu-west-1", 6, false), "eu-we~");
  EXPECT_EQ(cut("東京東京", 4), "東…");  // a wide one isn't halved
  EXPECT_EQ(cut("abc", 1), "…");
  EXPECT_EQ(cut("abc", 0), "");
}

TEST(Text, TakesTheLastLinesThatSaySomething) {
  EXPECT_EQ(last_lines("one\n\ntwo\r\n  \nthree\n", 2), (std::vector<std::string>{"two", "three"}));
  EXPECT_EQ(last_lines("10%\r50%\r100%\n", 5), (std::vector<std::string>{"100%"}));
  EXPECT_TRUE(last_lines("", 5).empty());
}

TEST(Line, IsCutAcrossItsPieces) {
  Line line("eu-west", Tone::strong);
  line.add("  ").add("active", Tone::good).add("  1.4 s");
  EXPECT_EQ(line.cut(22).text(), "eu-west  active  1.4 s");
  EXPECT_EQ(line.cut(15).text(), "eu-west  activ…");
  EXPECT_EQ(line.cut(9).text(), "eu-west …");
  for (std::size_t width = 1; width < 30; ++width) EXPECT_LE(line.cut(width).columns(), width);
}

TEST(Line, BearsColourOnlyWhereAsked) {
  Line line("x ");
  line.add("failed", Tone::bad);
  EXPECT_EQ(line.shown(true), "x \x1b[31mfailed\x1b[0m");
  EXPECT_EQ(line.shown(false), "x failed");
}

TEST(Line, PiecesFlowOntoAsManyLinesAsTheWidthAsksFor) {
  const Lines pieces{Line("redis 7.2.4"), Line(), Line("wave 2/3 home"), Line("12 of 40 active")};
  EXPECT_EQ(text_of(flow(pieces, 80)), "redis 7.2.4  wave 2/3 home  12 of 40 active\n");
  EXPECT_EQ(text_of(flow(pieces, 27)), "redis 7.2.4  wave 2/3 home\n12 of 40 active\n");
  EXPECT_EQ(text_of(flow(pieces, 5)), "redis 7.2.4\nwave 2/3 home\n12 of 40 active\n");
}

}  // namespace
}  // namespace deployctl::output
