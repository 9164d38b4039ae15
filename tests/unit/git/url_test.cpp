#include "core/git/url.hpp"

#include <gtest/gtest.h>

namespace deployctl::git {
namespace {

TEST(Url, TakesPathsFileSshAndHttps) {
  EXPECT_EQ(parse_url("/srv/redis.git")->path, "/srv/redis.git");
  EXPECT_EQ(parse_url("file:///srv/redis.git")->path, "/srv/redis.git");
  EXPECT_EQ(parse_url("/srv/a:b")->kind, Url::Kind::local);
  const auto ssh = parse_url("ssh://git@example.org:2222/team/app.git");
  ASSERT_TRUE(ssh);
  EXPECT_EQ(ssh->user, "git");
  EXPECT_EQ(ssh->host, "example.org");
  EXPECT_EQ(ssh->port, 2222u);
  EXPECT_EQ(ssh->path, "/team/app.git");
  EXPECT_EQ(ssh->name(), "app");
  EXPECT_EQ(parse_url("ssh://h/~bob/x")->path, "~bob/x");
  EXPECT_EQ(parse_url("ssh://[::1]:22/x")->host, "::1");
  const auto brief = parse_url("git@example.org:team/app.git");
  ASSERT_TRUE(brief);
  EXPECT_EQ(brief->kind, Url::Kind::ssh);
  EXPECT_EQ(brief->path, "team/app.git");
  EXPECT_EQ(parse_url("https://u:secret@example.org/a.git")->shown(), "https://example.org/a.git");
  EXPECT_EQ(parse_url("ssh://u:secret@example.org/a.git")->shown(), "ssh://u@example.org/a.git");
  EXPECT_EQ(parse_url("https://token@example.org:8443/a.git?key=secret#x")->shown(), "https://example.org:8443/a.git");
}

TEST(Url, RefusesTheRestInWords) {
  for (const char* text : {"",
                           "relative/path",
                           "http://example.org/x",
                           "git://example.org/x",
                           "ext::sh -c x",
                           "ftp://h/x",
                           "file://host/x",
                           "ssh://-oProxyCommand=x/y",
                           "-oProxyCommand=x:y",
                           "ssh://h:0/x",
                           "ssh://h:99999/x",
                           "ssh://h:x/x",
                           "ssh://h",
                           "ssh://h/",
                           "ssh:///x",
                           "https://",
                           "git@h:",
                           "ssh://a b/x",
                           "/a\nb",
                           "ssh://$(id)/y",
                           "ssh://`id`@host/y",
                           "a;id@host:y",
                           "ssh://h|x/y",
                           "https://h{x}/y",
                           "ssh://a&b@h/y"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, Code::invalid);
    EXPECT_NE(url.error().hint.find("allowed:"), std::string::npos);
  }
}

TEST(Url, ASubmodulesIsRelativeToItsParents) {
  const auto at = [](const char* parent, const char* text) {
    const auto url = submodule_url(*parse_url(parent), text);
    return url ? url->text : "<" + url.error().text() + ">";
  };
  EXPECT_EQ(at("/srv/git/app.git", "../lib.git"), "/srv/git/lib.git");
  EXPECT_EQ(at("/srv/git/app.git/", "./sub"), "/srv/git/app.git/sub");
  EXPECT_EQ(at("https://example.org/team/app.git", "../../other/lib.git"), "https://example.org/other/lib.git");
  EXPECT_EQ(at("git@example.org:team/app.git", "../lib.git"), "git@example.org:team/lib.git");
  EXPECT_EQ(at("https://example.org/app.git", "ssh://h/x"), "ssh://h/x");
  EXPECT_EQ(at("/srv/app", "/srv/lib"), "/srv/lib");
}

TEST(Url, ASubmoduleFromElsewhereMayNotNameAPathHere) {
  for (const char* text : {"/etc", "file:///etc", "../../../../etc", "../../..", "http://x/y"})
    EXPECT_FALSE(submodule_url(*parse_url("https://example.org/team/app.git"), text)) << text;
}

}  // namespace
}  // namespace deployctl::git
