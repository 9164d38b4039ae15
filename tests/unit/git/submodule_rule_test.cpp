#include "core/git/submodule_rule.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temp_dir.hpp"

namespace deployctl::git {
namespace {

Url url(const std::string& text) {
  auto parsed = parse_url(text);
  if (!parsed) throw std::runtime_error(parsed.error().text());
  return *parsed;
}

// "" where it is permitted, else the hint.
std::string verdict(const std::string& repository, const std::string& text, const std::vector<std::string>& allow = {},
                    const std::string& parent = {}) {
  const auto permitted = permitted_submodule(url(repository), url(parent.empty() ? repository : parent), text, allow);
  if (permitted) return "";
  EXPECT_EQ(permitted.error().code, Code::invalid);
  return permitted.error().hint.empty() ? permitted.error().text() : permitted.error().hint;
}

TEST(SubmoduleRule, TheRepositorysOwnHostIsPermitted) {
  const std::string https = "https://git.example/team/app.git";
  for (const char* text :
       {"https://git.example/other/lib.git", "https://GIT.example/lib", "../lib.git", "../../other/lib.git", "./sub"})
    EXPECT_EQ(verdict(https, text), "") << text;
  EXPECT_EQ(verdict("git@git.example:team/app.git", "git@git.example:team/lib.git"), "");
  EXPECT_EQ(verdict("git@git.example:team/app.git", "ssh://git@git.example/team/lib.git"), "");
  EXPECT_EQ(verdict("git@git.example:team/app.git", "https://git.example/team/lib.git"), "");
  EXPECT_EQ(verdict("git@git.example:team/app.git", "../lib.git"), "");
  EXPECT_EQ(verdict("/srv/git/app.git", "../lib.git"), "");
  EXPECT_EQ(verdict("/srv/git/app.git", "./inner"), "");
}

TEST(SubmoduleRule, OtherHostsProtocolsAndPathsAreRefusedAndTheHintNamesTheLine) {
  const std::string https = "https://git.example/team/app.git";
  EXPECT_NE(verdict(https, "https://evil.example/x").find("allow: [\"evil.example\"]"), std::string::npos);
  EXPECT_NE(verdict(https, "ssh://git@internal.corp/x").find("allow: [\"internal.corp\"]"), std::string::npos);
  // The operator's ssh keys must not serve a commit that came over https.
  EXPECT_NE(verdict(https, "git@git.example:team/private.git").find("allow: [\"git@git.example:team/private.git\"]"),
            std::string::npos);
  for (const char* text :
       {"https://git.example:8443/x", "/srv/git/private", "file:///srv/git/private", "git@git.example.evil:x",
        "https://git.example@evil.example/x", "ext::sh -c id", "http://git.example/x"})
    EXPECT_NE(verdict(https, text), "") << text;
  for (const char* text : {"/srv/git/lib.git", "/srv/git/app.git/../lib.git", "file:///srv/git/lib.git",
                           "../../other/lib", "../../../etc", "ssh://git@host/x", "https://host/x"})
    EXPECT_NE(verdict("/srv/git/app.git", text), "") << text;
}

TEST(SubmoduleRule, AnEntryPermitsAHostOrWhatIsBeneathAUrlOrPath) {
  const std::string local = "/srv/git/app.git";
  EXPECT_EQ(verdict(local, "ssh://git@host.example/x", {"host.example"}), "");
  EXPECT_EQ(verdict(local, "https://host.example:8443/x", {"HOST.example"}), "");
  EXPECT_EQ(verdict(local, "https://host.example/org/lib", {"https://host.example/org"}), "");
  EXPECT_EQ(verdict(local, "https://host.example/org/lib", {"https://host.example/org/"}), "");
  EXPECT_EQ(verdict(local, "https://host.example/org/lib.git", {"https://host.example/org/lib"}), "");
  EXPECT_EQ(verdict(local, "git@host.example:org/lib", {"git@host.example:org"}), "");
  EXPECT_EQ(verdict(local, "/srv/libs/a", {"/srv/libs"}), "");
  for (const auto& [text, entry] : std::vector<std::pair<std::string, std::string>>{
           {"https://host.example/organization/lib", "https://host.example/org"},
           {"https://host.example/org/../other/lib", "https://host.example/org"},
           {"https://host.example/org/%2e%2e/other/lib", "https://host.example/org"},
           {"ssh://host.example/org/lib", "https://host.example/org"},
           {"https://host.example:444/org/lib", "https://host.example/org"},
           {"root@host.example:org/lib", "git@host.example:org"},
           {"/srv/libs2/a", "/srv/libs"},
           {"/srv/libs/../private", "/srv/libs"},
           {"https://sub.host.example/x", "host.example"},
           {"/host.example/x", "host.example"}})
    EXPECT_NE(verdict(local, text, {entry}), "") << text << " by " << entry;
}

TEST(SubmoduleRule, ARelativePathIsJudgedByWhereItLeads) {
  const deployctl::testing::TempDir dir;
  std::filesystem::create_directories(dir / "team/app");
  std::filesystem::create_directories(dir / "others/private");
  std::filesystem::create_symlink(dir / "others/private", dir / "team/app/inner");
  std::filesystem::create_symlink(dir / "team/app", dir / "alias");
  EXPECT_NE(verdict(dir / "team/app", "./inner"), "");
  EXPECT_EQ(verdict(dir / "team/app", "../lib"), "");
  EXPECT_NE(verdict(dir / "alias", "../others/private"), "") << "beside the link, not beside the repository";
  EXPECT_NE(verdict("/app", "../etc"), "") << "everything is beneath /";
}

TEST(SubmoduleRule, ASubmoduleOfASubmoduleIsHeldAgainstThePlansRepository) {
  const std::string top = "https://git.example/team/app.git", middle = "https://other.example/lib.git";
  EXPECT_EQ(verdict(top, "https://git.example/x", {"other.example"}, middle), "");
  EXPECT_EQ(verdict(top, "../deeper.git", {middle}, middle), "");
  EXPECT_NE(verdict(top, "https://third.example/x", {"other.example"}, middle), "");
  EXPECT_NE(verdict(top, "https://other.example/x", {middle}, middle), "");
}

}  // namespace
}  // namespace deployctl::git
