// Logins at a real sshd: with which keys, by which algorithms, and again where the server drops one.
#include "tests/integration/ssh_rig.hpp"

using namespace deployctl;
using namespace deployctl::testing;
namespace fixtures = deployctl::testing;  // where a test has a key of its own

TEST(Ssh, LogsInAndRunsACommand) {
  Sshd server;
  const auto said = run_async(say(to(server), "echo hello; echo noise >&2"));
  ASSERT_TRUE(said) << said.error().text() << server.log();
  EXPECT_EQ(*said, "hello\n");
}

TEST(Ssh, NegotiatesAlgorithmsOfTodayOnly) {
  Sshd server({.host_key_type = "ecdsa"});
  std::string algorithms;
  const auto ask = [](transport::DialOptions options, std::string& out) -> awaitable<void> {
    const auto session = co_await dial(options);
    if (session) out = (*session)->algorithms();
  };
  run_async(ask(to(server), algorithms));
  EXPECT_EQ(algorithms, "curve25519-sha256 ecdsa-sha2-nistp256 aes128-ctr aes128-ctr hmac-sha2-256 hmac-sha2-256");
}

TEST(Ssh, KnowsHowFarItsServerIs) {
  Sshd server;
  Duration far{0};
  const auto ask = [](transport::DialOptions options, Duration& out) -> awaitable<void> {
    const auto session = co_await dial(options);
    if (session) out = (*session)->round_trip();
  };
  run_async(ask(to(server), far));
  EXPECT_GT(far, Duration(0));
  EXPECT_LT(far, Duration(1000));
}

TEST(Ssh, LogsInWithAnEcdsaKey) {
  const auto& key = fixtures::key("ecdsa", "other");
  Sshd server(accepting(key));
  auto options = to(server);
  options.endpoint.identity_file = key.path;
  const auto said = run_async(say(options, "echo in"));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, "in\n");
}

TEST(Ssh, LogsInWithTheKeysOfSshAgent) {
  const auto& key = fixtures::key("ed25519", "in-agent");
  const auto& ecdsa = fixtures::key("ecdsa", "in-agent");
  const HomeDir home;
  const AuthSock agent({ecdsa.path, key.path});
  for (const auto& accepted : {key, ecdsa}) {
    Sshd server(accepting(accepted));
    auto options = to(server);
    options.endpoint.identity_file.clear();
    const auto said = run_async(say(options, "echo in"));
    EXPECT_TRUE(said) << said.error().text();
  }
}

TEST(Ssh, AKeyWhoseFileIsGoneComesFromSshAgentByItsPublicHalf) {
  const auto& key = fixtures::key("ed25519", "gone");
  const AuthSock agent({client_key().path, key.path});
  const TempDir dir;
  dir.write("id.pub", key.public_line + "\n");
  Sshd server(accepting(key));
  auto options = to(server);
  options.endpoint.identity_file = dir / "id";
  const auto said = run_async(say(options, "echo in"));
  EXPECT_TRUE(said) << said.error().text();
}

TEST(Ssh, WithoutAnIdentityFileTheUsualFilesAreTried) {
  const AuthSock none({});
  const HomeDir home;
  home.dir().write(".ssh/id_ed25519", read_text(client_key().path), 0600);
  Sshd server;
  auto options = to(server);
  options.endpoint.identity_file.clear();
  const auto said = run_async(say(options, "echo in"));
  EXPECT_TRUE(said) << said.error().text();
}

TEST(Ssh, ATildeIsThisUsersHome) {
  const AuthSock none({});
  const HomeDir home;
  home.dir().write("keys/mine", read_text(client_key().path), 0600);
  Sshd server;
  auto options = to(server);
  options.endpoint.identity_file = "~/keys/mine";
  const auto said = run_async(say(options, "echo in"));
  EXPECT_TRUE(said) << said.error().text();
}

TEST(Ssh, AServerThatWantsTwoKeysGetsThem) {
  const AuthSock agent({client_key().path, key("ed25519", "second").path});
  const HomeDir home;
  Sshd server({.config = {"AuthenticationMethods publickey,publickey"},
               .authorized = {client_key().public_line, key("ed25519", "second").public_line}});
  auto options = to(server);
  options.endpoint.identity_file.clear();
  const auto said = run_async(say(options, "echo in"));
  EXPECT_TRUE(said) << said.error().text();
}

TEST(Ssh, APinOfEachTypeIsMetByWhicheverTheServerHas) {
  Sshd server({.host_key_type = "ecdsa"});
  const Sshd other;
  auto options = to(server);
  for (const auto& pin : pins_of(other)) options.pins.insert(options.pins.begin(), pin);
  const auto said = run_async(say(options, "echo in"));
  EXPECT_TRUE(said) << said.error().text();
}

TEST(Ssh, ALoginThatMaxStartupsDropsIsTriedAgain) {
  Sshd server({.drop_first = 3});
  const auto said = run_async(say(to(server), "echo in"));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(server.connections(), 4u);
}
