// Manual pages: each is clean, each that another text names is there, and no command is without one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

#include "core/host/subprocess.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/structure/module_map.hpp"

using namespace deployctl;
using deployctl::structure::root;
using deployctl::testing::read_text;
using deployctl::testing::run_program;
using deployctl::testing::TempDir;
using ::testing::IsEmpty;

namespace {

namespace fs = std::filesystem;

// "deployctl-plan.1"
std::set<std::string> pages() {
  std::set<std::string> out;
  for (const auto& entry : fs::directory_iterator(root + "/man")) out.insert(entry.path().filename());
  return out;
}

// Every "NAME GROUP NUMBER" that the pattern finds, as a page's file name.
std::set<std::string> named(const std::string& text, const std::string& pattern) {
  std::set<std::string> out;
  const std::regex what(pattern);
  for (auto at = std::sregex_iterator(text.begin(), text.end(), what); at != std::sregex_iterator(); ++at)
    out.insert((*at)[1].str() + "." + (*at)[2].str());
  return out;
}

// Whether other people's pages are installed here says nothing about ours, and ours are checked below.
std::string complaints(const std::string& said) {
  std::string out;
  std::istringstream in(said);
  for (std::string line; std::getline(in, line);)
    if (line.find("referenced manual not found") == std::string::npos) out += line + "\n";
  return out;
}

std::string lint(const std::string& page) {
  return complaints(run_program({"mandoc", "-Tlint", page}, root + "/man").out);
}

}  // namespace

TEST(ManPages, AreClean) {
  ASSERT_FALSE(pages().empty());
  for (const auto& page : pages()) EXPECT_EQ(lint(page), "") << page;
}

TEST(ManPages, ABadOneIsNotTakenForClean) {
  const TempDir dir;
  const auto page = dir.write(
      "bad.1", ".Dd November 24, 2026\n.Dt BAD 1\n.Os\n.Sh NAME\n.Nm bad\n.Nd a page\n.Sh DESCRIPTION\n.Foo bar\n");
  EXPECT_NE(lint(page), "");
}

// "In the home of the login" in a heading becomes "<the> home of the login": within a macro's line a word that is the
// name of a macro is one. Lint accepts that, so words of ordinary English that are macros are only allowed escaped
// (\\&In).
TEST(ManPages, NoWordOfASentenceIsTakenForAMacro) {
  const std::regex line("\\.[A-Z][a-z] ");
  const std::set<std::string> english{"Ad", "An", "Ap", "At", "Bo", "Bx", "Do", "Eo", "Er", "Es", "Fo", "Ft", "In",
                                      "Lb", "Me", "Ms", "Mt", "Oo", "Ot", "Po", "Re", "Ro", "So", "St", "Us", "Ux"};
  for (const auto& page : pages()) {
    std::istringstream in(read_text(root + "/man/" + page));
    for (std::string text; std::getline(in, text);) {
      if (!std::regex_search(text, line, std::regex_constants::match_continuous)) continue;
      std::istringstream words(text.substr(3));
      for (std::string word; words >> word;) EXPECT_FALSE(english.contains(word)) << page << ": " << text;
    }
  }
}

TEST(ManPages, EveryPageThatAPageNamesIsThere) {
  const auto there = pages();
  for (const auto& page : there)
    for (const auto& other :
         named(read_text(root + "/man/" + page), R"(\.Xr ((?:deploy|release-plan|fleet)[a-z-]*) ([0-9]))"))
      EXPECT_TRUE(there.contains(other)) << page << " names " << other;
}

TEST(ManPages, EveryPageThatTheReadmeNamesIsThere) {
  const auto there = pages();
  const auto readme = read_text(root + "/README.md");
  auto wanted = named(readme, R"(`([a-z-]+)\(([0-9])\)`)");
  wanted.merge(named(readme, R"(man/([a-z-]+)\.([0-9]))"));
  ASSERT_GE(wanted.size(), 4u);
  for (const auto& page : wanted) EXPECT_TRUE(there.contains(page)) << page;
}

TEST(ManPages, EveryCommandHasOne) {
  const auto there = pages();
  const auto commands = named(read_text(root + "/cli/commands/all_commands.cpp"), R"(([a-z]+)_command\(()\))");
  ASSERT_GE(commands.size(), 10u);
  for (auto name : commands) EXPECT_TRUE(there.contains("deployctl-" + name + "1")) << name;
}

TEST(Readme, EveryFileThatItLinksToIsThere) {
  for (const char* file : {"README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"}) {
    const auto text = read_text(root + "/" + file);
    const std::regex link(R"(\]\(([A-Za-z0-9_./-]+)\))");
    for (auto at = std::sregex_iterator(text.begin(), text.end(), link); at != std::sregex_iterator(); ++at)
      EXPECT_TRUE(fs::exists(root + "/" + (*at)[1].str())) << file << " links to " << (*at)[1];
  }
}
