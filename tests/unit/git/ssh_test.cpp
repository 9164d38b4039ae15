// git over ssh and https, against real servers on loopback.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "core/git/checkout.hpp"
#include "core/git/mirror.hpp"
#include "core/host/subprocess.hpp"
#include "core/io/fd.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/sshd.hpp"
#include "tests/unit/git/repo.hpp"

namespace deployctl::git {
namespace {

using deployctl::testing::Repo;
using deployctl::testing::Sshd;
using deployctl::testing::TempDir;

class GitOverSsh : public ::testing::Test {
 protected:
  ~GitOverSsh() override { ::unsetenv("GIT_SSH_COMMAND"); }
  // What a user has in ~/.ssh, which ssh takes from the account and not from HOME.
  void use(const std::string& known_hosts_line, const std::string& key) {
    const std::string known = dir_.write("known_hosts", known_hosts_line + "\n");
    const std::string command =
        "ssh -F none -o IdentitiesOnly=yes -o IdentityAgent=none -o UserKnownHostsFile=" + known + " -i " + key;
    ::setenv("GIT_SSH_COMMAND", command.c_str(), 1);
  }
  std::string url(const Sshd& server, const std::string& path) {
    return "ssh://" + server.user() + "@" + server.host() + ":" + std::to_string(server.port()) + path;
  }
  Status fetch(const std::string& url, const Limits& limits = {}) {
    auto mirror = Mirror::of(dir_ / "git", url);
    return mirror ? mirror->fetch(limits) : fail(mirror.error());
  }
  TempDir dir_;
  Repo repo_{dir_ / "it's a repo"};
};

TEST_F(GitOverSsh, FetchesAndFetchesAgainAndChecksOut) {
  Sshd server;
  use(server.known_hosts_line(), server.client_key());
  const auto first = repo_.commit_file("a", "1");
  const auto at = url(server, repo_.path());
  auto mirror = Mirror::of(dir_ / "git", at);
  ASSERT_TRUE(mirror);
  std::string said;
  Limits limits;
  limits.said = [&](std::string_view text) { said += text; };
  auto status = mirror->fetch(limits);
  ASSERT_TRUE(status) << status.error().text() << server.log();
  EXPECT_EQ(mirror->resolve("").value_or("?"), first);
  EXPECT_NE(said.find("objects"), std::string::npos) << said;
  repo_.git({"tag", "-a", "v1", "-m", "v1"});
  const auto second = repo_.commit_file("a", "2");
  ASSERT_TRUE(mirror->fetch(limits));
  EXPECT_EQ(mirror->resolve("main").value_or("?"), second);
  EXPECT_EQ(mirror->resolve("v1").value_or("?"), first);
  ASSERT_TRUE(check_out(*mirror, second, dir_ / "tree", limits));
  EXPECT_EQ(deployctl::testing::read_text(dir_ / "tree/a"), "2");
}

TEST_F(GitOverSsh, TakesTheShortFormRelativeToTheHome) {
  Sshd server;
  use(server.known_hosts_line(), server.client_key());
  Repo at_home(server.home() + "/app");
  const auto id = at_home.commit_file("a", "1");
  const std::string own = ::getenv("GIT_SSH_COMMAND");
  ::setenv("GIT_SSH_COMMAND", (own + " -p " + std::to_string(server.port())).c_str(), 1);
  auto mirror = Mirror::of(dir_ / "git", server.user() + "@" + server.host() + ":~/app");
  ASSERT_TRUE(mirror);
  const auto status = mirror->fetch({});
  ASSERT_TRUE(status) << status.error().text();
  EXPECT_EQ(mirror->resolve("main").value_or("?"), id);
}

TEST_F(GitOverSsh, TellsItsFailuresApart) {
  repo_.commit_file("a", "1");
  Sshd server;
  use(server.known_hosts_line(), server.client_key());
  auto absent = fetch(url(server, dir_ / "nothing"));
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Code::invalid) << absent.error().text();
  EXPECT_NE(absent.error().text().find("does not appear to be a git repository"), std::string::npos)
      << absent.error().text();

  use(server.known_hosts_line(), deployctl::testing::key("ed25519", "stranger").path);
  auto refused = fetch(url(server, repo_.path()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::authentication) << refused.error().text();
  EXPECT_NE(refused.error().hint, "");

  use("", server.client_key());
  auto unknown = fetch(url(server, repo_.path()));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::host_key) << unknown.error().text();
  EXPECT_NE(unknown.error().hint.find("known_hosts"), std::string::npos);

  server.stop();
  auto gone = fetch(url(server, repo_.path()));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::unreachable) << gone.error().text();
}

// Accepts connections and never says a word.
class SilentServer {
 public:
  SilentServer() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    if (::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address_), size) != 0 || ::listen(fd_.get(), 8) != 0 ||
        ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address_), &size) != 0)
      throw std::runtime_error("no server");
  }
  std::string port() const { return std::to_string(ntohs(address_.sin_port)); }

 private:
  io::Fd fd_;
  sockaddr_in address_{};
};

TEST_F(GitOverSsh, ASilentServerEndsAtItsDeadlineOrWhenCancelled) {
  SilentServer server;
  use("", deployctl::testing::client_key().path);
  for (const auto& url :
       {"https://127.0.0.1:" + server.port() + "/x.git", "ssh://a@127.0.0.1:" + server.port() + "/x.git"}) {
    Limits limits;
    limits.idle = std::chrono::milliseconds(200);
    const auto late = fetch(url, limits);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Code::timed_out) << late.error().text();
    limits.idle = std::chrono::minutes(10);
    std::thread canceller([token = limits.cancel] { token.cancel(); });
    const auto stopped = fetch(url, limits);
    canceller.join();
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Code::cancelled) << stopped.error().text();
  }
}

TEST_F(GitOverSsh, HttpsToNobodyIsUnreachable) {
  std::string port;
  { port = SilentServer().port(); }
  const auto status = fetch("https://user:token@127.0.0.1:" + port + "/x.git");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::unreachable) << status.error().text();
  EXPECT_EQ(status.error().text().find("token"), std::string::npos) << status.error().text();
}

TEST_F(GitOverSsh, HttpsWithACertificateThatNobodySignedIsRefused) {
  deployctl::testing::check_program({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                     "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", dir_ / "key", "-out",
                                     dir_ / "cert", "-days", "2", "-subj", "/CN=127.0.0.1"});
  host::Command command;
  command.argv = {"openssl",    "s_server", "-accept",     "127.0.0.1:0", "-key",
                  dir_ / "key", "-cert",    dir_ / "cert", "-www"};
  command.out = host::Stdio::pipe();
  auto server = host::Subprocess::spawn(command);
  ASSERT_TRUE(server) << server.error().text();
  // "ACCEPT 127.0.0.1:40001"
  std::string words;
  const auto out = server->take_stdout();
  char c = 0;
  while (words.find("ACCEPT") == std::string::npos || c != '\n')
    if (::read(out.get(), &c, 1) == 1)
      words += c;
    else
      break;
  const auto port = words.substr(words.rfind(':') + 1, words.find_last_not_of('\n') - words.rfind(':'));
  const auto status = fetch("https://127.0.0.1:" + port + "/x.git");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::host_key) << status.error().text();
  EXPECT_NE(status.error().hint.find("certificate authority"), std::string::npos);
}

}  // namespace
}  // namespace deployctl::git
