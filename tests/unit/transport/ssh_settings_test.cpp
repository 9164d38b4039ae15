#include "core/transport/ssh_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/transport/jump.hpp"

using namespace deployctl;
using namespace deployctl::transport::detail;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SshSettings, AreReadFromWhatSshPrints) {
  const auto s = parse_ssh_settings(
      "host relay\nuser deploy\nhostname 10.1.0.1\nport 2222\nidentitiesonly yes\nproxyjump a@b:2200,c\n"
      "identityfile /keys/%r@%h:%p\nidentityfile /100%%\nsetenv X=a b\n");
  ASSERT_TRUE(s) << s.error().text();
  EXPECT_EQ(s->host, "10.1.0.1");
  EXPECT_EQ(s->user, "deploy");
  EXPECT_EQ(s->port, 2222u);
  EXPECT_TRUE(s->identities_only);
  EXPECT_EQ(s->proxy_jump, "a@b:2200,c");
  EXPECT_THAT(s->identity_files, ElementsAre("/keys/deploy@10.1.0.1:2222", "/100%"));
}

TEST(SshSettings, ATildeAndPercentDAreHome) {
  const auto s = parse_ssh_settings("hostname a\nidentityfile ~/.ssh/x\nidentityfile %d/y\n");
  const std::string home = std::getenv("HOME") ? std::getenv("HOME") : "";
  ASSERT_TRUE(s);
  EXPECT_THAT(s->identity_files, ElementsAre(home + "/.ssh/x", home + "/y"));
}

TEST(SshSettings, AProxyCommandIsRefusedInWords) {
  const auto s = parse_ssh_settings("hostname a\nproxycommand nc %h %p\n");
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().code, Code::unsupported);
  EXPECT_THAT(s.error().hint, HasSubstr("ProxyJump"));
}

TEST(SshSettings, NonsenseIsInvalid) {
  EXPECT_FALSE(parse_ssh_settings(""));
  EXPECT_FALSE(parse_ssh_settings("hostname a\nport 0\n"));
  EXPECT_FALSE(parse_ssh_settings("hostname a\nport 99999\n"));
}

TEST(JumpCommand, LogsInToTheLastHopThroughTheOthers) {
  EXPECT_THAT(jump_command("/c", "me@b:2200", "10.1.0.1", 22),
              ElementsAre("ssh", "-F", "/c", "-o", "BatchMode=yes", "-W", "10.1.0.1:22", "--", "ssh://me@b:2200"));
  EXPECT_THAT(
      jump_command("/c", "a,b,c", "fe80::1", 2222),
      ElementsAre("ssh", "-F", "/c", "-o", "BatchMode=yes", "-W", "[fe80::1]:2222", "-J", "a,b", "--", "ssh://c"));
}
