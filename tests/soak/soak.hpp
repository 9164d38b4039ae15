// Deployments in a row on a loopback fleet, mixed with all that goes wrong: releases that fail, targets that are away,
// drivers and relays that die, rollbacks. After each, what the targets run is held against what the exit code and the
// ledger promise.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/support/lab.hpp"

namespace deployctl::soak {

// What is left where; it must not grow with the number of deployments.
struct Leftovers {
  std::size_t processes = 0, descriptors = 0;  // of agents
  std::size_t releases = 0;                    // the most that a target keeps
  std::size_t notes = 0;                       // files that the targets keep about their releases
  std::uintmax_t bytes = 0;                    // of all homes
};

class Soak {
 public:
  explicit Soak(std::uint64_t seed);
  // False: something was not as promised; wrong() tells.
  bool step();
  const std::string& wrong() const { return wrong_; }
  const std::string& what() const { return what_; }  // the last step
  const std::string& folder() const { return lab_.dir().path(); }
  std::string stack() const;  // the releases that it expects to be able to go back to, the running one last
  const std::map<std::string, std::map<int, unsigned>>& seen() const { return seen_; }  // exit codes by kind of step
  Leftovers leftovers() const;

 private:
  void deploys_well();
  void deploys_again();
  void fails();
  void loses_a_target();
  void rolls_back();
  void dies(bool driver);

  const std::string& another();  // a good version that doesn't run
  int deploy(const std::string& version);
  void keep(const std::string& version);  // it went through
  void confirm(const std::string& version);
  bool pop();  // false: there is nothing to go back to
  void expect(bool holds, const std::string& what);
  void expect_exit(int code, int wanted, const std::string& said);
  void expect_runs(const std::string& version);
  void expect_starts(const std::vector<unsigned>& before, unsigned more, const char* who);
  void expect_ledger(const std::string& state);
  std::vector<unsigned> starts() const;
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

  std::mt19937_64 random_;
  testing::Lab lab_;
  std::vector<std::string> good_;
  std::vector<std::string> stack_;  // the release that runs last, those below it before
  bool went_back_ = false;  // the newest change was a rollback, an automatic one too: a further one changes nothing
  std::vector<std::string> kept_;  // by the targets, the one that was healthy last at the end
  std::string what_, wrong_, said_;
  std::map<std::string, std::map<int, unsigned>> seen_;
  unsigned number_ = 0;
};

}  // namespace deployctl::soak
