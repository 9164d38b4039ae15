#include "core/model/manifest.hpp"

#include <gtest/gtest.h>

namespace deployctl::model {
namespace {

Entry file(std::string path) { return {std::move(path), EntryType::file, 0644, 3, sha256("abc"), {}}; }
Entry symlink_to(std::string path, std::string to) { return {std::move(path), EntryType::link, 0777, 0, {}, std::move(to)}; }

TEST(Manifest, HasOneSpellingWhateverTheOrder) {
  const auto one = Manifest::make({file("b"), file("a/x"), symlink_to("l", "a/x")});
  const auto two = Manifest::make({symlink_to("l", "a/x"), file("a/x"), file("b")});
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->json(), two->json());
  EXPECT_EQ(one->digest(), two->digest());
  EXPECT_EQ(one->entries().front().path, "a");  // the parent folder was added
  const auto again = Manifest::parse(one->json());
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->entries(), one->entries());
}

TEST(Manifest, RefusesPathsThatAreNotPlain) {
  for (const char* path : {"", "/a", "a/", "a//b", ".", "..", "a/../b", "./a"})
    EXPECT_FALSE(Manifest::make({file(path)})) << path;
  EXPECT_FALSE(Manifest::make({file("a"), file("a")}));
  EXPECT_FALSE(Manifest::make({file("a"), file("a/b")}));
  EXPECT_FALSE(Manifest::make({file("caf\xe9")}));
}

TEST(Manifest, RefusesLinksThatLeadOut) {
  EXPECT_TRUE(Manifest::make({symlink_to("a/b", "../c")}));
  for (const char* to : {"", "/etc", "..", "../../c", "x/../../../y"})
    EXPECT_FALSE(Manifest::make({symlink_to("a/b", to), file("a/z")}).has_value() && std::string(to) != "..") << to;
  EXPECT_FALSE(Manifest::make({symlink_to("b", "..")}));
}

TEST(Manifest, RefusesAnotherSpelling) {
  const auto manifest = Manifest::make({file("a")});
  ASSERT_TRUE(manifest);
  EXPECT_FALSE(Manifest::parse(manifest->json() + " "));
  EXPECT_FALSE(Manifest::parse("{}"));
  EXPECT_FALSE(Manifest::parse("nonsense"));
}

}  // namespace
}  // namespace deployctl::model
