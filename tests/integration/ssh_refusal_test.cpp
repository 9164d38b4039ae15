// Logins that come to nothing, each in words: keys that are not taken, host keys that are not the pinned ones, servers
// that nobody reaches.
#include <asio/ip/tcp.hpp>

#include "tests/integration/ssh_rig.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fixtures = deployctl::testing;  // where a test has a key of its own

// The channel that was asked for ahead finds nobody.
TEST(SshRefusal, AServerThatWantsMoreThanAKeySaysNo) {
  Sshd server({.config = {"PasswordAuthentication yes", "AuthenticationMethods publickey,password"}});
  const auto e = refused(to(server));
  EXPECT_EQ(e.code, Code::authentication) << e.text();
}

TEST(SshRefusal, AKeyThatTheServerDoesNotKnowIsNamedWithTheLogin) {
  const AuthSock none({});
  Sshd server;
  auto options = to(server);
  const auto& key = fixtures::key("ed25519", "stranger");
  options.endpoint.identity_file = key.path;
  options.endpoint.user = server.user();
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::authentication);
  EXPECT_THAT(e.text(), HasSubstr(server.user() + "@127.0.0.1:" + std::to_string(server.port())));
  EXPECT_THAT(e.text(), HasSubstr(key.fingerprint));
}

TEST(SshRefusal, AnRsaUserKeyIsUnsupportedInWords) {
  const AuthSock none({});
  const auto& key = fixtures::key("rsa", "client");
  Sshd server(accepting(key));
  auto options = to(server);
  options.endpoint.identity_file = key.path;
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::unsupported);
  EXPECT_THAT(e.text(), HasSubstr(key.path + " is an RSA key"));
  EXPECT_THAT(e.hint, HasSubstr("ed25519"));
}

TEST(SshRefusal, ALockedKeyIsSaidToWantAPassphrase) {
  const AuthSock none({});
  Sshd server;
  auto options = to(server);
  options.endpoint.identity_file = locked_key("mine", "secret").path;
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::authentication);
  EXPECT_THAT(e.text(), HasSubstr("wants a passphrase"));
  EXPECT_THAT(e.hint, HasSubstr("ssh-add"));
}

TEST(SshRefusal, AMissingKeyFileIsNamed) {
  const AuthSock none({});
  Sshd server;
  auto options = to(server);
  options.endpoint.identity_file = "/nonexistent/key";
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::authentication);
  EXPECT_THAT(e.text(), HasSubstr("/nonexistent/key"));
}

TEST(SshRefusal, MoreKeysThanTheServerPutsUpWithEndInWords) {
  std::vector<std::string> keys;
  for (const char* name : {"k1", "k2", "k3", "k4", "k5", "k6", "k7"}) keys.push_back(key("ed25519", name).path);
  const AuthSock agent(keys);
  const HomeDir home;
  Sshd server;
  auto options = to(server);
  options.endpoint.identity_file.clear();
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::authentication);
  EXPECT_THAT(e.text(), HasSubstr("2 more were not tried"));
}

TEST(SshRefusal, AnUnknownHostKeyIsShownAndNothingOfOursIs) {
  Sshd server;
  auto options = to(server);
  options.pins.clear();
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::host_key);
  EXPECT_THAT(e.text(), HasSubstr("ssh-ed25519 " + server.fingerprint()));
  EXPECT_THAT(e.hint, HasSubstr("ssh-keyscan -p " + std::to_string(server.port()) + " 127.0.0.1"));
  EXPECT_THAT(server.log(), Not(HasSubstr("publickey")));
}

TEST(SshRefusal, AChangedHostKeyShowsBothFingerprintsBeforeAuthentication) {
  Sshd server({.host_key_name = "changed"});
  auto options = to(server);
  const Sshd old;
  options.pins = pins_of(old);
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::host_key);
  EXPECT_THAT(e.text(), HasSubstr("it showed ssh-ed25519 " + server.fingerprint()));
  EXPECT_THAT(e.text(), HasSubstr("pinned is ssh-ed25519 " + old.fingerprint()));
  EXPECT_THAT(server.log(), Not(HasSubstr("publickey")));
  EXPECT_EQ(server.connections(), 1u);
}

TEST(SshRefusal, AHostWithAKeyOfAnotherTypeThanThePinnedIsChanged) {
  Sshd server({.host_key_type = "ecdsa"});
  const Sshd old;
  auto options = to(server);
  options.pins = pins_of(old);
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::host_key);
  EXPECT_THAT(e.text(), HasSubstr("ecdsa-sha2-nistp256"));
}

TEST(SshRefusal, AHostPinnedByRsaOnlyIsUnsupportedInWords) {
  Sshd server({.host_key_type = "rsa"});
  const auto e = refused(to(server));
  EXPECT_EQ(e.code, Code::unsupported);
  EXPECT_THAT(e.text(), HasSubstr("pins only a key of type ssh-rsa"));
  EXPECT_EQ(server.connections(), 0u);
}

TEST(SshRefusal, AServerWithoutACipherInCommonSaysWhatItHas) {
  Sshd server({.config = {"Ciphers chacha20-poly1305@openssh.com"}});
  const auto e = refused(to(server));
  EXPECT_EQ(e.code, Code::unsupported);
  EXPECT_THAT(e.text(), HasSubstr("cipher"));
  EXPECT_THAT(e.text(), HasSubstr("chacha20-poly1305@openssh.com"));
}

TEST(SshRefusal, NobodyListeningIsUnreachable) {
  Sshd server;
  const auto options = to(server);
  server.stop();
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::unreachable);
  EXPECT_THAT(e.text(), HasSubstr("connection refused"));
}

TEST(SshRefusal, ANameThatDoesNotExistIsUnreachable) {
  Sshd server;
  auto options = to(server);
  options.endpoint.host = "no-such-host.invalid";
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::unreachable);
  EXPECT_THAT(e.text(), HasSubstr("no such host name"));
}

TEST(SshRefusal, AListenerThatNeverAnswersIsTimedOut) {
  asio::io_context context;
  const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
  const asio::ip::tcp::acceptor silent(context, any);  // the kernel accepts, nobody speaks
  const Sshd other;
  auto options = to(other);
  options.endpoint.port = silent.local_endpoint().port();
  options.timeout = Duration(100);
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::unreachable);
  EXPECT_THAT(e.text(), HasSubstr("login timed out after 0.1 s at 127.0.0.1:"));
}

TEST(SshRefusal, AServerThatAlwaysDropsIsUnreachableInWords) {
  Sshd server({.drop_first = 100});
  auto options = to(server);
  options.tries = 2;
  const auto e = refused(options);
  EXPECT_EQ(e.code, Code::unreachable);
  EXPECT_THAT(e.text(), HasSubstr("2 times"));
  EXPECT_THAT(e.hint, HasSubstr("MaxStartups"));
  EXPECT_EQ(server.connections(), 2u);
}
