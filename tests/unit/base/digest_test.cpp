#include "core/base/digest.hpp"

#include <gtest/gtest.h>

using namespace deployctl;

TEST(Digest, IsSha256) {
  EXPECT_EQ(sha256("abc").text(), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, ParsesBothForms) {
  const auto d = sha256("abc");
  EXPECT_EQ(*Digest::parse(d.text()), d);
  EXPECT_EQ(*Digest::parse(d.hex()), d);
  EXPECT_EQ(*Digest::from_raw(d.raw()), d);
}

TEST(Digest, RefusesWhatIsNotOne) {
  for (const auto* bad :
       {"", "sha256:", "sha256:zz", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"})
    EXPECT_EQ(Digest::parse(bad).error().code, Code::invalid) << bad;
  EXPECT_FALSE(Digest::from_raw("short"));
}

TEST(Digest, RefusesAnyDigitThatIsNone) {
  const auto hex = sha256("x").hex();
  for (std::size_t at = 0; at < hex.size(); ++at)
    for (const char bad : {'g', 'A', '/', ':', '`', '\0', '\xff'}) {
      auto text = hex;
      text[at] = bad;
      EXPECT_FALSE(Digest::parse(text)) << text;
    }
}

TEST(Digest, IncrementalEqualsWhole) {
  Hasher h;
  h.update(as_bytes("a"));
  h.update(as_bytes("bc"));
  EXPECT_EQ(h.finish(), sha256("abc"));
}
