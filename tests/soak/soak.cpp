#include "tests/soak/soak.hpp"

#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/process.hpp"

namespace deployctl::soak {
namespace {

namespace fs = std::filesystem;
using namespace testing;

constexpr unsigned regions = 2, targets = 2, good_versions = 8;
// With the lab's own interval for those that come back, so that a soak is about deployments and not about waiting.
constexpr const char* rollout =
    "  max_parallel: 50%\n  max_unreachable: 1\n  catch_up_interval: 300ms\n"
    "  waves:\n    - {name: canary, regions: [r0], targets: 1}\n    - {name: rest, regions: all}\n";

Lab::Options fleet() {
  Lab::Options options;
  options.regions = regions;
  options.targets = targets;
  options.rollout = rollout;
  return options;
}

std::string rollout_in(const std::string& out) {
  const auto at = out.find("\"rollout\":\"r-");
  return at == std::string::npos ? "" : out.substr(at + 11, out.find('"', at + 11) - at - 11);
}

std::size_t entries(const std::string& dir) {
  std::error_code none;
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir, none), fs::directory_iterator()));
}

// How many, and their bytes.
std::pair<std::size_t, std::uintmax_t> files(const std::string& dir) {
  std::pair<std::size_t, std::uintmax_t> sum;
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(dir, none))
    if (entry.is_regular_file(none) && !entry.is_symlink(none)) {
      ++sum.first;
      sum.second += entry.file_size(none);
    }
  return sum;
}

}  // namespace

Soak::Soak(std::uint64_t seed) : random_(seed), lab_(fleet()) {
  for (unsigned i = 0; i < good_versions; ++i) {
    good_.push_back("good" + std::to_string(i));
    lab_.tag(good_.back());
  }
}

bool Soak::step() {
  wrong_.clear();
  said_.clear();
  ++number_;
  const unsigned dice = below(100);
  if (stack_.empty() || dice < 35)
    deploys_well();
  else if (dice < 40)
    deploys_again();
  else if (dice < 55)
    fails();
  else if (dice < 65)
    loses_a_target();
  else if (dice < 80)
    rolls_back();
  else
    dies(dice < 90);
  return wrong_.empty();
}

// ---- steps ----

void Soak::deploys_well() {
  what_ = "deploy";
  const std::string version = another();
  const auto before = starts();
  expect_exit(deploy(version), 0, said_);
  keep(version);
  expect_runs(version);
  expect_starts(before, 1, "each");
  expect_ledger("succeeded");
}

void Soak::deploys_again() {
  what_ = "deploy of what runs";
  const auto before = starts();
  expect_exit(deploy(stack_.back()), 0, said_);
  expect_runs(stack_.back());
  expect_starts(before, 0, "nobody");
  expect_ledger("succeeded");
}

void Soak::fails() {
  what_ = "deploy that fails";
  expect_exit(deploy(below(2) ? "v3" : "v4"), 5, said_);
  went_back_ = true;
  expect_runs(stack_.back());
  expect_ledger("rolled_back");
}

void Soak::loses_a_target() {
  what_ = "deploy with a target away";
  const std::string version = another();
  // Not the canary: who takes its place is another story.
  auto& lost = lab_.target(1, below(targets));
  lost.stop();
  const int code = deploy(version);
  lost.start();
  expect_exit(code, 8, said_);
  expect_ledger("incomplete");
  keep(version);
  expect_runs(version);  // its relay sees to it
}

void Soak::rolls_back() {
  what_ = "rollback";
  const auto before = starts();
  const auto said = lab_.deployctl({"rollback", "deploy.yaml", "--output", "json"});
  said_ = said.out + said.err;
  ++seen_[what_][said.exit.code];
  if (went_back_) {
    expect(said.exit.code == 0, "exit " + std::to_string(said.exit.code) + " of a rollback after a rollback");
    expect_starts(before, 0, "nobody");
    return expect_runs(stack_.back());
  }
  if (!pop()) {
    expect(said.exit.code == 4, "exit " + std::to_string(said.exit.code) + ", not 4");
    expect_starts(before, 0, "nobody");
    return expect_runs(stack_.back());
  }
  went_back_ = true;
  confirm(stack_.back());
  expect(said.exit.code == 0, "exit " + std::to_string(said.exit.code));
  expect_runs(stack_.back());
  expect_starts(before, 1, "each");
}

void Soak::dies(bool driver) {
  what_ = driver ? "deploy whose driver dies" : "deploy whose relays die";
  const std::string version = another();
  const auto before = starts();
  const std::string log = "log" + std::to_string(number_);
  auto child = lab_.start({"deploy", "deploy.yaml", "--ref", version, "--output", "json"}, log);
  const std::chrono::milliseconds moment(below(1500));
  what_ += " after " + std::to_string(moment.count()) + " ms";
  (void)child.wait(moment);
  if (driver)
    (void)child.signal(SIGKILL);
  else
    for (const int pid : processes_of({".cache/deployctl/agents/", " relay", lab_.dir().path()})) ::kill(pid, SIGKILL);
  const auto exit = child.wait(std::chrono::seconds(90));
  said_ = read_text(lab_.dir() / log);
  what_ = what_.substr(0, what_.find(" after"));
  expect(exit.has_value(), "it hangs");
  if (exit && exit->code == 0) ++seen_[what_][0];
  if (exit && (exit->code != 0 || exit->signal != 0)) {
    const std::string id = rollout_in(said_);
    const bool unfinished = !id.empty() && lab_.deployctl({"pause", id}).exit.code == 0;  // nobody drives it: a no-op
    if (unfinished) {
      const auto said = lab_.deployctl({"resume", id, "--output", "json"});
      said_ += "---- resume\n" + said.out + said.err;
      expect_exit(said.exit.code, 0, said_);
    } else {
      expect_exit(deploy(version), 0, said_);
    }
  }
  keep(version);
  expect_runs(version);
  expect_starts(before, 1, "each");
  expect_ledger("succeeded");
}

std::string Soak::stack() const {
  std::string out;
  for (const auto& one : stack_) out += (out.empty() ? "" : " ") + one;
  return out;
}

// ---- what is promised ----

const std::string& Soak::another() {
  for (;;) {
    const auto& one = good_[below(good_versions)];
    if (stack_.empty() || one != stack_.back()) return one;
  }
}

int Soak::deploy(const std::string& version) {
  const auto said = lab_.deployctl({"deploy", "deploy.yaml", "--ref", version, "--output", "json"});
  said_ += said.out + said.err;
  return said.exit.code;
}

void Soak::keep(const std::string& version) {
  went_back_ = false;
  if (stack_.empty() || stack_.back() != version) stack_.push_back(version);
  confirm(version);
}

// Targets keep those that were healthy last.
void Soak::confirm(const std::string& version) {
  constexpr std::size_t most = 5;  // keep_releases
  std::erase(kept_, version);
  kept_.push_back(version);
  if (kept_.size() > most) kept_.erase(kept_.begin());
}

// The nearest one below what runs that is kept and is another.
bool Soak::pop() {
  auto below = stack_;
  while (below.size() > 1) {
    below.pop_back();
    const bool is_kept = std::find(kept_.begin(), kept_.end(), below.back()) != kept_.end();
    if (!is_kept || below.back() == stack_.back()) continue;
    stack_ = below;
    return true;
  }
  return false;
}

void Soak::expect(bool holds, const std::string& what) {
  if (!holds && wrong_.empty()) wrong_ = what + "\n" + said_;
}

void Soak::expect_exit(int code, int wanted, const std::string&) {
  if (what_ != "rollback") ++seen_[what_][code];
  expect(code == wanted, "exit " + std::to_string(code) + ", not " + std::to_string(wanted));
}

void Soak::expect_runs(const std::string& version) {
  const bool well = eventually([&] { return lab_.all_run(version); });
  std::string runs;
  for (unsigned r = 0; r < regions && !well; ++r)
    for (unsigned t = 0; t < targets; ++t) runs += " " + lab_.running(r, t);
  expect(well, "not all run " + version + ":" + runs);
}

void Soak::expect_starts(const std::vector<unsigned>& before, unsigned more, const char* who) {
  auto wanted = before;
  for (auto& n : wanted) n += more;
  expect(starts() == wanted, std::string(who) + " was to be started, and it was otherwise");
}

void Soak::expect_ledger(const std::string& state) {
  const auto said = lab_.deployctl({"history", "deploy.yaml", "--limit", "1", "--output", "json"});
  expect(said.out.find("\"" + state + "\"") != std::string::npos,
         "the ledger says\n" + said.out + said.err + "and not " + state);
}

std::vector<unsigned> Soak::starts() const {
  std::vector<unsigned> out;
  for (unsigned r = 0; r < regions; ++r)
    for (unsigned t = 0; t < targets; ++t) out.push_back(lab_.starts(r, t));
  return out;
}

Leftovers Soak::leftovers() const {
  Leftovers left;
  for (const int pid : processes_of({".cache/deployctl/agents/", lab_.dir().path()})) {
    ++left.processes;
    left.descriptors += entries("/proc/" + std::to_string(pid) + "/fd");
  }
  for (unsigned r = 0; r < regions; ++r)
    for (unsigned t = 0; t < targets; ++t) {
      left.releases = std::max(left.releases, entries(lab_.place(r, t) + "/releases"));
      left.notes += files(lab_.place(r, t) + "/.deployctl").first;
    }
  left.bytes = files(lab_.dir().path()).second;
  return left;
}

}  // namespace deployctl::soak
