#include "core/http/libcurl.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace deployctl;
using ::testing::HasSubstr;

TEST(Libcurl, IsLoadedOnce) {
  const auto first = http::Libcurl::loaded();
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(*http::Libcurl::loaded(), *first);
}

TEST(Libcurl, OneThatIsNotInstalledIsNamedAndHowToGetIt) {
  const auto loaded = http::Libcurl::load("libcurl-of-nobody.so.4");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::not_found);
  EXPECT_THAT(loaded.error().text(), HasSubstr("libcurl-of-nobody.so.4"));
  EXPECT_THAT(loaded.error().hint, HasSubstr("libcurl4"));
}

TEST(Libcurl, AnotherLibraryIsNotTakenForIt) {
  const auto loaded = http::Libcurl::load("libc.so.6");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::not_found);
  EXPECT_THAT(loaded.error().text(), HasSubstr("curl_global_init"));
}
