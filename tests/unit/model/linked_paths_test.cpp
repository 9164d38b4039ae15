#include "core/model/linked_paths.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace deployctl;
using namespace deployctl::model;
using ::testing::HasSubstr;

namespace {

Manifest tree(const std::vector<std::string>& files) {
  std::vector<Entry> entries;
  for (const auto& path : files) {
    Entry entry;
    entry.path = path;
    if (path.ends_with('/')) {
      entry.path.pop_back();
      entry.type = EntryType::folder;
      entry.mode = 0755;
    } else {
      entry.content = sha256("x");
    }
    entries.push_back(entry);
  }
  return Manifest::make(entries).value();
}

Activation linked(std::vector<std::string> dirs, std::vector<std::string> files = {}) {
  Activation activation;
  activation.linked_dirs = std::move(dirs);
  activation.linked_files = std::move(files);
  return activation;
}

std::string refused(const Activation& activation, const Manifest& manifest) {
  const auto paths = LinkedPaths::of(activation, manifest.entries());
  return paths ? "" : paths.error().text();
}

}  // namespace

TEST(LinkedPaths, APlaceholderFolderGivesWayToItsLink) {
  const auto manifest = tree({"log/.keep", "public/system/.gitkeep", "tmp/", "public/index.html", "login"});
  const auto paths = LinkedPaths::of(linked({"log", "public/system", "tmp", "data"}), manifest.entries());
  ASSERT_TRUE(paths) << paths.error().text();
  for (const char* path : {"log", "log/.keep", "public/system", "public/system/.gitkeep", "tmp"})
    EXPECT_TRUE(paths->replaces(path)) << path;
  for (const char* path : {"public", "public/index.html", "login", "data"}) EXPECT_FALSE(paths->replaces(path)) << path;
  EXPECT_THAT(paths->folders(), ::testing::ElementsAre("log", "public/system", "tmp"));
}

TEST(LinkedPaths, ContentsAreNeverHiddenByALink) {
  EXPECT_THAT(refused(linked({"log"}), tree({"log/.keep", "log/app.log"})), HasSubstr("'log/app.log'"));
  EXPECT_THAT(refused(linked({"log"}), tree({"log/old/.keep"})), "");
  EXPECT_THAT(refused(linked({"log"}), tree({"log"})), HasSubstr("file 'log' where"));
  EXPECT_THAT(refused(linked({"log/app"}), tree({"log"})), HasSubstr("file 'log' where"));
  EXPECT_THAT(refused(linked({}, {"config"}), tree({"config"})), HasSubstr("'config'"));
  EXPECT_THAT(refused(linked({}, {"config"}), tree({"config/.keep"})), HasSubstr("'config'"));
  EXPECT_THAT(refused(linked({}, {"etc/config"}), tree({"etc"})), HasSubstr("'etc'"));
}
