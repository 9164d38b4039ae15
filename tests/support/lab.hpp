// A whole world for end-to-end tests, made of real parts: regions with relays and targets (an sshd each, on loopback
// addresses, with homes of their own), a git repository of a small service with tags, a plan, a fleet, a state folder,
// and the real deployctl. The service is a shell script that keeps running; it tells its version through a file in
// shared/.
//
//   Lab lab({.regions = 2, .targets = 3});
//   auto said = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"});
//   EXPECT_EQ(lab.running(0, 1), "v1");
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/host/subprocess.hpp"
#include "tests/support/network.hpp"
#include "tests/support/sshd.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/terminal.hpp"

namespace deployctl::testing {

class Lab {
 public:
  struct Options {
    unsigned regions = 1;
    unsigned relays = 1;       // of each region; 0: targets are served directly
    unsigned targets = 2;      // of each region
    std::string rollout = {};  // lines beneath `rollout:` of the plan, each indented by two
    std::string release = {};  // more lines beneath `release:`
    std::string health_check = "{command: ./well.sh, interval: 50ms, timeout: 2s, healthy_after: 2, deadline: 1s}";
    bool networks = false;  // each region in a network of its own, whose link can be cut: needs root
    std::vector<std::string> target_config = {};  // more lines for sshd_config of the last target of the last region
    std::string forced_command =
        {};  // of the last target of the last region: the only command that the client's key may run
  };
  Lab() : Lab(Options{}) {}
  explicit Lab(Options options);
  ~Lab();

  const TempDir& dir() const { return dir_; }
  Sshd& relay(unsigned region, unsigned index = 0) { return *relays_.at(region).at(index); }
  Sshd& target(unsigned region, unsigned index) { return *targets_.at(region).at(index); }

  Network& network(unsigned region) { return *networks_.at(region); }

  // Runs in the lab's folder with its state folder. `state`: another one's name.
  host::Output deployctl(std::vector<std::string> words, const std::string& state = "state") const;
  // Started, not waited for; its stdout and stderr go to the file `log` in the lab's folder.
  host::Subprocess start(std::vector<std::string> words, const std::string& log,
                         const std::string& state = "state") const;
  // A command line as it was printed, in a shell in the lab's folder, as a person pastes it.
  host::Output paste(const std::string& command_line) const;
  // The same words as deployctl() on a terminal.
  std::unique_ptr<Terminal> at_terminal(std::vector<std::string> words, Terminal::Size size = {}) const;
  // Called with each command of deployctl() and what it said.
  static inline std::function<void(const std::vector<std::string>& words, const host::Output& said)> after_command{};
  // From here on no command leaves a link keeper behind.
  void keep_no_links() { keep_links_ = false; }
  // From here on commands are those of another build: the folder that holds its deployctl and deploy-agent.
  void use_programs(std::string folder) { programs_ = std::move(folder); }
  // The last event of a `--output json` run that has this name, as JSON text; empty: none.
  static std::string event(const std::string& out, const std::string& name);

  std::string place(unsigned region, unsigned index) const;    // deploy_to there
  std::string current(unsigned region, unsigned index) const;  // the folder that `current` names; empty: none
  std::string running(unsigned region, unsigned index) const;  // the version that its process tells; empty: none runs
  int driver() const;  // the process of a deploy in the lab's folder; -1: there is none
  unsigned starts(unsigned region, unsigned index) const;  // how often a start hook ran there
  bool all_run(const std::string& version) const;

  // Tags v1, v2, v3 (never healthy), v4 (its start fails), big (8 MB more) are there; this adds one of the same kind.
  void tag(const std::string& name, const std::string& health = "exit 0", const std::string& start = "");
  void write_plan(const Options& options) const;

 private:
  void make_repository();
  void write_fleet() const;
  void git(std::vector<std::string> words) const;

  std::vector<std::string> environment(const std::string& state) const;

  Options options_;
  bool keep_links_ = true;
  std::string programs_ = std::string(TEST_BINARY_DIR) + "/bin";
  TempDir dir_;
  std::vector<std::unique_ptr<Network>> networks_;
  std::vector<std::vector<std::unique_ptr<Sshd>>> relays_, targets_;
};

}  // namespace deployctl::testing
