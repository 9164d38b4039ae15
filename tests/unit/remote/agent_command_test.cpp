// The command that runs and installs the agent, run by real shells of this host: bytes on stdin, words on
// stdout.
#include "core/remote/agent_command.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/host/subprocess.hpp"
#include "core/io/files.hpp"
#include "core/protocol/frame.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace {

// What arrives may be any program; this one tells how it was called.
struct Host {
  TempDir dir;
  remote::AgentImage image = make(2000);
  std::string home = dir / "home with space";
  std::vector<std::string> programs{};  // all that its PATH has; empty: what this host has

  Host() { std::filesystem::create_directory(home); }
  remote::AgentImage make(std::size_t padding) const {
    const auto path = dir.write("image", "#!/bin/sh\necho runs $1\n#" + std::string(padding, 'x') + "\n", 0755);
    return *remote::AgentImage::load(path);
  }
  std::string agents() const { return home + "/.cache/deployctl/agents"; }
  std::string installed() const { return agents() + "/" + image.digest.hex(); }

  // As sshd runs it: the login shell's -c. `wrap` may put something around it.
  std::string run(const std::string& shell = "sh", const std::string& sent = {}, const std::string& wrap = {}) const {
    const std::string command = remote::detail::agent_command(image, "target");
    const bool has_uname = programs.empty();
    const auto sending = dir.write("sent", remote::detail::install_line(image, "1234", has_uname) +
                                               io::read_file(sent.empty() ? image.path : sent).value());
    const auto bytes = io::open_fd(sending, O_RDONLY);
    host::Command process;
    process.argv = {shell, "-c", command};
    if (!wrap.empty()) process.argv = {"unshare", "-Urm", "sh", "-c", wrap + "; exec sh -c \"$1\"", "sh", command};
    process.env = environment_with({"HOME=" + home});
    if (!programs.empty()) {
      process.env = environment_with({"HOME=" + home, "PATH=" + path_of_programs()});
      process.argv.front() = "/bin/" + shell;
    }
    process.in = host::Stdio::of(bytes->get());
    const auto said = host::run(process, std::chrono::seconds(30));
    return said ? said->out : said.error().text();
  }
  std::string path_of_programs() const {
    const std::string path = dir / "bin";
    std::filesystem::remove_all(path);
    std::filesystem::create_directory(path);
    for (const auto& name : programs)
      std::filesystem::create_symlink(check_program({"sh", "-c", "printf %s \"$(command -v " + name + ")\""}),
                                      path + "/" + name);
    return path;
  }
  std::size_t files() const {
    std::error_code ec;
    const std::filesystem::directory_iterator listing(agents(), ec);
    return ec ? 0 : static_cast<std::size_t>(std::distance(begin(listing), end(listing)));
  }
};

bool can_mount() { return run_program({"unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/mnt"}).exit.ok(); }

std::string asks() { return std::string(protocol::missing_magic) + "x86_64\n"; }

}  // namespace

TEST(AgentCommand, IsOneLineThatEveryLoginShellTakesAsItStands) {
  const Host host;
  const auto command = remote::detail::agent_command(host.image, "relay");
  EXPECT_THAT(command, StartsWith("exec /bin/sh -c '"));
  EXPECT_EQ(std::count(command.begin(), command.end(), '\''), 2);
  EXPECT_EQ(command.find_first_of("!\n@"), std::string::npos);
}

// It crosses the world for each session (and one is begun ahead); a host that has the agent needs no more than this.
TEST(AgentCommand, SaysNoMoreThanWhatAHostWithTheAgentNeeds) {
  const Host host;
  EXPECT_LT(remote::detail::agent_command(host.image, "relay").size(), 256u);
  EXPECT_EQ(remote::detail::install_line(host.image, "1").find('\n'),
            remote::detail::install_line(host.image, "1").size() - 1);
}

TEST(AgentCommand, ALineThatWasCutInstallsNothing) {
  const Host host;
  host::Command process;
  process.argv = {"sh", "-c", remote::detail::agent_command(host.image, "target")};
  process.env = environment_with({"HOME=" + host.home});
  const auto cut = remote::detail::install_line(host.image, "1234").substr(0, 60);
  const auto bytes = io::open_fd(host.dir.write("cut", cut), O_RDONLY);
  process.in = host::Stdio::of(bytes->get());
  const auto said = host::run(process, std::chrono::seconds(30));
  EXPECT_EQ(said->out, asks());
  EXPECT_FALSE(said->exit.ok());
  EXPECT_EQ(host.files(), 0u);
}

TEST(AgentCommand, AsksForTheAgentInstallsItAndRunsItThenRunsItAtOnce) {
  for (const std::string shell : {"dash", "bash"}) {
    const Host host;
    EXPECT_EQ(host.run(shell), asks() + "runs target\n");
    EXPECT_EQ(host.run(shell), "runs target\n");
    EXPECT_EQ(*sha256_file(host.installed()), host.image.digest);
    EXPECT_EQ(host.files(), 1u);
  }
}

TEST(AgentCommand, AHostWithoutUnameSaysSoAndRunsTheAgentWhereItCan) {
  Host host;
  host.programs = {"mkdir", "head", "sha256sum", "chmod", "mv", "rm"};
  EXPECT_EQ(host.run(), std::string(protocol::missing_magic) + "?\nruns target\n");
  EXPECT_EQ(host.files(), 1u);
}

TEST(AgentCommand, AHostWithoutUnameThatCantRunTheAgentKeepsNone) {
  Host host;
  host.programs = {"mkdir", "head", "sha256sum", "chmod", "mv", "rm"};
  host.image = *remote::AgentImage::load(host.dir.write("of another machine",
                                                        "\x7f"
                                                        "ELF, but not for this one",
                                                        0755));
  EXPECT_THAT(host.run(), HasSubstr("the host cannot run the agent, and has no `uname` that says what machine it is"));
  EXPECT_EQ(host.files(), 0u);
}

TEST(AgentCommand, AHostThatLacksWhatInstallingTakesIsSaid) {
  Host host;
  host.programs = {"mkdir", "head", "chmod", "mv", "rm"};
  EXPECT_EQ(host.run(), std::string(protocol::missing_magic) +
                            "?\ndeployctl: cannot install the agent: the host has no `sha256sum`\n");
  host.programs = {"rm"};
  EXPECT_THAT(host.run(), HasSubstr("the host has no `mkdir`"));
  EXPECT_EQ(host.files(), 0u);
}

TEST(AgentCommand, OtherBytesAreSaidAndNotKept) {
  const Host host;
  EXPECT_THAT(host.run("sh", host.dir.write("other", std::string(host.image.size, 'y'))),
              HasSubstr("another checksum"));
  EXPECT_EQ(host.files(), 0u);
}

TEST(AgentCommand, ACutTransferIsSaidAndNotKept) {
  const Host host;
  EXPECT_THAT(host.run("sh", host.dir.write("short", "#!/bin/sh\n")), HasSubstr("another checksum"));
  EXPECT_EQ(host.files(), 0u);
}

TEST(AgentCommand, AHomeThatTakesNoFolderIsSaid) {
  const Host host;
  host.dir.write("home with space/.cache", "a file");
  EXPECT_THAT(host.run(), HasSubstr("deployctl: cannot install the agent: mkdir"));
}

TEST(AgentCommand, AFullDiskIsSaidAndNothingIsKept) {
  if (!can_mount()) GTEST_SKIP() << "no user namespaces here";
  Host host;
  host.image = host.make(1'000'000);
  const std::string said = host.run("sh", {}, "mount -t tmpfs -o size=64k none \"$HOME\"");
  EXPECT_THAT(said, HasSubstr("cannot install the agent"));
  EXPECT_THAT(said, HasSubstr("No space left on device"));
}

TEST(AgentCommand, AReadOnlyHomeIsSaid) {
  if (!can_mount()) GTEST_SKIP() << "no user namespaces here";
  const Host host;
  EXPECT_THAT(host.run("sh", {}, "mount -t tmpfs -o ro none \"$HOME\""), HasSubstr("Read-only file system"));
}

TEST(AgentCommand, AFileSystemWithoutExecutionIsSaid) {
  if (!can_mount()) GTEST_SKIP() << "no user namespaces here";
  const Host host;
  EXPECT_THAT(host.run("sh", {}, "mount -t tmpfs -o noexec none \"$HOME\""), HasSubstr("noexec?"));
}
