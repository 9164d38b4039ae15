// KnownHosts: which lines are a host's, and which files are refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/transport/host_key.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;

namespace {

const Key& host_key() { return key("ed25519", "localhost"); }

std::size_t pins(const std::string& text, const std::string& name, unsigned port) {
  const TempDir dir;
  const auto known = transport::KnownHosts::load(dir.write("known_hosts", text));
  return known ? known->keys_of(name, port).size() : 99;
}

std::string line(const std::string& names) { return names + " " + host_key().public_line + "\n"; }

Error refusal(const std::string& text) {
  const TempDir dir;
  const auto known = transport::KnownHosts::load(dir.write("known_hosts", text));
  return known ? error(Code::internal, "it was taken") : known.error();
}

}  // namespace

TEST(KnownHosts, AKeyKeepsItsTypeAndFingerprint) {
  const TempDir dir;
  const auto known = transport::KnownHosts::load(dir.write("known_hosts", line("a.example")));
  ASSERT_TRUE(known) << known.error().text();
  const auto keys = known->keys_of("a.example", 22);
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0].type, "ssh-ed25519");
  EXPECT_EQ(keys[0].fingerprint(), host_key().fingerprint);
}

TEST(KnownHosts, APortHasALineOfItsOwnOrElseThePlainOne) {
  EXPECT_EQ(pins(line("[a]:2222"), "a", 2222), 1u);
  EXPECT_EQ(pins(line("[a]:2222"), "a", 22), 0u);
  EXPECT_EQ(pins(line("[a]:2222"), "a", 2223), 0u);
  EXPECT_EQ(pins(line("a"), "a", 2222), 1u);
  const TempDir dir;
  const auto both = transport::KnownHosts::load(
      dir.write("known_hosts", line("a") + "[a]:2222 " + key("ed25519", "other").public_line + "\n"));
  const auto keys = both->keys_of("a", 2222);
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0].fingerprint(), key("ed25519", "other").fingerprint);
}

TEST(KnownHosts, NamesAreListsOfPatternsWithoutRegardToCase) {
  EXPECT_EQ(pins(line("x,A.Example"), "a.EXAMPLE", 22), 1u);
  EXPECT_EQ(pins(line("*.example"), "db1.eu.example", 22), 1u);
  EXPECT_EQ(pins(line("db?.example"), "db1.example", 22), 1u);
  EXPECT_EQ(pins(line("db?.example"), "db12.example", 22), 0u);
  EXPECT_EQ(pins(line("[*.example]:2222"), "a.example", 2222), 1u);
  EXPECT_EQ(pins(line("10.1.0.*"), "10.1.0.7", 22), 1u);
  EXPECT_EQ(pins(line("a*b*c"), "abbb", 22), 0u);
}

TEST(KnownHosts, ANegatedPatternWinsWhereverItStands) {
  EXPECT_EQ(pins(line("*.example,!db1.example"), "db1.example", 22), 0u);
  EXPECT_EQ(pins(line("!db1.example,*.example"), "db1.example", 22), 0u);
  EXPECT_EQ(pins(line("*.example,!db1.example"), "db2.example", 22), 1u);
  EXPECT_EQ(pins(line("!db1.example"), "db2.example", 22), 0u);
}

TEST(KnownHosts, HashedByOpensshItselfAHostIsFound) {
  const TempDir dir;
  const std::string path = dir.write("known_hosts", line("a.example") + line("[b.example]:2222"));
  check_program({"ssh-keygen", "-q", "-H", "-f", path});
  ASSERT_THAT(read_text(path), Not(HasSubstr("example")));
  const auto known = transport::KnownHosts::load(path);
  ASSERT_TRUE(known) << known.error().text();
  EXPECT_EQ(known->keys_of("A.example", 22).size(), 1u);
  EXPECT_EQ(known->keys_of("b.example", 2222).size(), 1u);
  EXPECT_EQ(known->keys_of("b.example", 22).size(), 0u);
  EXPECT_EQ(known->keys_of("c.example", 22).size(), 0u);
}

TEST(KnownHosts, CommentsAndEmptyLinesAreSkippedAndAKeyTwiceCountsOnce) {
  EXPECT_EQ(pins("# hosts\n\n" + line("a") + "  \n" + line("a"), "a", 22), 1u);
  EXPECT_EQ(pins("", "a", 22), 0u);
}

TEST(KnownHosts, AMalformedLineIsNamedByFileAndLine) {
  for (const char* bad : {"b\n", "b ssh-ed25519\n", "b ssh-ed25519 AAAA!\n", "b ssh-ed25519 AAAA\n",
                          "|1|xx|yy ssh-ed25519 A\n", "b 1024 35 12345\n"}) {
    const auto e = refusal(line("a") + bad);
    EXPECT_EQ(e.code, Code::invalid) << bad;
    EXPECT_THAT(e.text(), HasSubstr("known_hosts:2")) << bad;
  }
}

TEST(KnownHosts, AKeyOfAnotherTypeThanItsLineSaysIsRefused) {
  const std::string blob = host_key().public_line.substr(host_key().public_line.find(' '));
  EXPECT_EQ(refusal("a ecdsa-sha2-nistp256" + blob + "\n").code, Code::invalid);
}

TEST(KnownHosts, RevokedKeysAndAuthoritiesAreNotSkipped) {
  for (const char* marker : {"@revoked ", "@cert-authority "}) {
    const auto e = refusal(line("a") + "\n" + marker + line("*"));
    EXPECT_EQ(e.code, Code::unsupported);
    EXPECT_THAT(e.text(), HasSubstr("known_hosts:3"));
  }
}

TEST(KnownHosts, AMissingFileIsAbsent) {
  const auto known = transport::KnownHosts::load("/nonexistent/known_hosts");
  ASSERT_FALSE(known);
  EXPECT_EQ(known.error().code, Code::not_found);
  EXPECT_NE(known.error().hint.find("ssh-keyscan"), std::string::npos);
}
