#include "core/model/manifest.hpp"

#include <gtest/gtest.h>

namespace deployctl::model {
namespace {

Entry file_at(std::string path) { return {std::move(path), EntryType::file, 0644, 3, sha256("abc"), {}}; }
Entry symlink_to(std::string path, std::string to) {
  return {std::move(path), EntryType::link, 0777, 0, {}, std::move(to)};
}

TEST(Manifest, HasOneSpellingWhateverTheOrder) {
  const auto one = Manifest::make({file_at("b"), file_at("a/x"), symlink_to("l", "a/x")});
  const auto two = Manifest::make({symlink_to("l", "a/x"), file_at("a/x"), file_at("b")});
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->json(), two->json());
  EXPECT_EQ(one->digest(), two->digest());
  EXPECT_EQ(one->entries().front().path, "a");  // the parent folder was added
  const auto again = Manifest::parse(one->json());
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->entries(), one->entries());
}

// "a-" sorts between "a" and what is in it.
TEST(Manifest, AddsEachMissingFolderOnceHoweverDeep) {
  const auto manifest =
      Manifest::make({file_at("a/b/c/x"), file_at("a/b/c/y"), file_at("a/z"), file_at("a-/b/x"), file_at("a/b-/x")});
  ASSERT_TRUE(manifest) << manifest.error().text();
  std::vector<std::string> folders;
  for (const auto& entry : manifest->entries())
    if (entry.type == EntryType::folder) folders.push_back(entry.path);
  EXPECT_EQ(folders, (std::vector<std::string>{"a", "a-", "a-/b", "a/b", "a/b-", "a/b/c"}));
  EXPECT_TRUE(Manifest::parse(manifest->json()));
}

TEST(Manifest, SaysWhatLiesBeneathAFile) {
  const auto manifest = Manifest::make({file_at("a/b"), file_at("a/b/c/d")});
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().message, "artifact path 'a/b/c' lies beneath what is no folder");
}

TEST(Manifest, RefusesATextThatLacksAFolder) {
  auto text = Manifest::make({file_at("a/b")})->json();
  const auto line = text.find("{\"mode\":493");
  ASSERT_NE(line, std::string::npos);
  text.erase(line, text.find('\n', line) + 1 - line);
  const auto manifest = Manifest::parse(text);
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().message, "a manifest lacks some of its folders");
}

TEST(Manifest, RefusesPathsThatAreNotPlain) {
  for (const char* path : {"", "/a", "a/", "a//b", ".", "..", "a/../b", "./a"})
    EXPECT_FALSE(Manifest::make({file_at(path)})) << path;
  EXPECT_FALSE(Manifest::make({file_at("a"), file_at("a")}));
  EXPECT_FALSE(Manifest::make({file_at("a"), file_at("a/b")}));
  EXPECT_FALSE(Manifest::make({file_at("caf\xe9")}));
}

TEST(Manifest, RefusesLinksThatLeadOut) {
  EXPECT_TRUE(Manifest::make({symlink_to("a/b", "../c")}));
  for (const char* to : {"", "/etc", "..", "../../c", "x/../../../y"})
    EXPECT_FALSE(Manifest::make({symlink_to("a/b", to), file_at("a/z")}).has_value() && std::string(to) != "..") << to;
  EXPECT_FALSE(Manifest::make({symlink_to("b", "..")}));
}

TEST(Manifest, RefusesAnotherSpelling) {
  const auto manifest = Manifest::make({file_at("a")});
  ASSERT_TRUE(manifest);
  EXPECT_FALSE(Manifest::parse(manifest->json() + " "));
  EXPECT_FALSE(Manifest::parse("{}"));
  EXPECT_FALSE(Manifest::parse("nonsense"));
}

}  // namespace
}  // namespace deployctl::model
