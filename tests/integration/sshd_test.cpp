// The private sshd that other tests stand on, seen with OpenSSH's own client.
#include "tests/support/sshd.hpp"

#include <gtest/gtest.h>

#include "tests/support/keys.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl::testing;

namespace {

std::vector<std::string> ssh_to(const Sshd& server, const TempDir& dir, const std::string& command) {
  const std::string known = dir.write("known_hosts", server.known_hosts_line() + "\n");
  return {"ssh",
          "-F",
          "none",
          "-o",
          "UserKnownHostsFile=" + known,
          "-o",
          "BatchMode=yes",
          "-o",
          "IdentityAgent=none",
          "-i",
          server.client_key(),
          "-p",
          std::to_string(server.port()),
          server.user() + "@" + server.host(),
          command};
}

TEST(Sshd, LogsInOnAnyLoopbackAddressWithAHomeOfItsOwn) {
  TempDir dir;
  Sshd server({.listen_ip = "127.7.3.1", .environment = {"COLOUR=blue"}});
  const auto said = run_program(ssh_to(server, dir, "echo $HOME $COLOUR"));
  EXPECT_EQ(said.out, server.home() + " blue\n") << said.err << server.log();
  EXPECT_EQ(server.connections(), 1u);
}

TEST(Sshd, RefusesConnectionsOnceStopped) {
  TempDir dir;
  Sshd server;
  server.stop();
  const auto said = run_program(ssh_to(server, dir, "true"));
  EXPECT_EQ(said.exit.code, 255);
  EXPECT_NE(said.err.find("refused"), std::string::npos) << said.err;
}

TEST(Sshd, TwentyServersLiveSideBySide) {
  TempDir dir;
  std::vector<std::unique_ptr<Sshd>> servers;
  for (int i = 1; i <= 20; ++i) {
    Sshd::Options options;
    options.listen_ip = "127.9.0." + std::to_string(i);
    servers.push_back(std::make_unique<Sshd>(options));
  }
  EXPECT_EQ(run_program(ssh_to(*servers[19], dir, "echo $HOME")).out, servers[19]->home() + "\n");
}

}  // namespace
