#include "core/transport/encoding.hpp"

#include <gtest/gtest.h>

using namespace deployctl::transport::detail;

TEST(Encoding, Base64GoesBothWays) {
  for (const std::string& raw :
       {std::string(), std::string("a"), std::string("ab"), std::string("abc"), std::string("\0\xff\x80", 3)})
    EXPECT_EQ(from_base64(to_base64(raw)), raw);
  EXPECT_EQ(to_base64("light w"), "bGlnaHQgdw==");
}

TEST(Encoding, Base64IsStrict) {
  for (const char* bad : {"a", "ab", "abc", "ab=c", "=abc", "a===", "====", "ab c", "ab\ncd"})
    EXPECT_FALSE(from_base64(bad)) << bad;
  EXPECT_EQ(from_base64("YW\nJj", true), "abc");
}

TEST(Encoding, AStringLongerThanWhatIsLeftEndsTheReader) {
  const std::string text = encode_string("one") + encode_u32(4000000000u) + "x";
  SshReader reader(text);
  EXPECT_EQ(reader.string(), "one");
  EXPECT_FALSE(reader.string());
  EXPECT_FALSE(reader.u32());
  EXPECT_EQ(type_of_blob("\x7f"), "");
}
