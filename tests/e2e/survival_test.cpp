// A rollout that can't be killed: each party dies at random moments, the link is cut and heals, the driver sleeps past
// its lease; the end is as without, nobody is activated twice, nobody is left behind. DEPLOYCTL_KILL_ROUNDS says how
// often (default 5).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <random>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

namespace {

constexpr unsigned regions = 2, targets = 3;
constexpr const char* three_waves = R"(  max_parallel: 50%
  waves:
    - {name: canary, regions: [r0], targets: 1, bake_time: 300ms}
    - {name: first, regions: [r0]}
    - {name: rest, regions: all}
)";

unsigned rounds() {
  const char* more = std::getenv("DEPLOYCTL_KILL_ROUNDS");
  return more ? static_cast<unsigned>(std::atoi(more)) : 5;
}

Lab::Options fleet(const std::string& rollout = three_waves) {
  Lab::Options options;
  options.regions = regions;
  options.targets = targets;
  options.rollout = rollout;
  return options;
}

std::vector<unsigned> starts_of(const Lab& lab) {
  std::vector<unsigned> out;
  for (unsigned r = 0; r < regions; ++r)
    for (unsigned t = 0; t < targets; ++t) out.push_back(lab.starts(r, t));
  return out;
}

std::vector<unsigned> once_more(std::vector<unsigned> starts) {
  for (auto& n : starts) ++n;
  return starts;
}

// A rollout that goes back and forth between two releases; what was made for one round is there for the next.
class Rounds {
 public:
  explicit Rounds(Lab::Options options = fleet()) : lab(std::move(options)) {}

  // How long one takes that nobody kills.
  void begin() {
    for (const char* version : {"v1", "v2", "v1"}) {
      const auto from = std::chrono::steady_clock::now();
      const auto said = lab.deployctl({"deploy", "deploy.yaml", "--ref", version});
      ASSERT_EQ(said.exit.code, 0) << said.out << said.err;
      whole_ = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - from);
    }
  }

  void next() {
    version = version == "v2" ? "v1" : "v2";
    log = "log" + std::to_string(++number_);
    before = starts_of(lab);
    moment = milliseconds(random_() % static_cast<unsigned>(whole_.count() * 11 / 10));
  }

  std::string rollout() const {
    const std::string out = read_text(lab.dir() / log);
    const auto at = out.find("\"rollout\":\"r-");
    return at == std::string::npos ? "" : out.substr(at + 11, out.find('"', at + 11) - at - 11);
  }

  // However far it came: the resume brings it to its end, or the same command where it was not a rollout yet.
  void go_on() {
    const std::string id = rollout();
    std::vector<std::string> words{"deploy", "deploy.yaml", "--ref", version, "--output", "json"};
    const bool unfinished = !id.empty() && lab.deployctl({"pause", id}).exit.code == 0;  // nobody drives it: a no-op
    if (unfinished) words = {"resume", id, "--output", "json"};
    const auto said = lab.deployctl(words);
    EXPECT_EQ(said.exit.code, 0) << words.front() << "\n"
                                 << read_text(lab.dir() / log) << "---- again\n"
                                 << said.out << said.err;
  }

  void expect_same_end() {
    EXPECT_TRUE(eventually([&] { return lab.all_run(version); }));
    EXPECT_EQ(starts_of(lab), once_more(before)) << "nobody is activated twice";
    const auto status = lab.deployctl({"status", "deploy.yaml", "--output", "json"});
    EXPECT_THAT(status.out, HasSubstr("\"diverged\":0,\"damaged\":0,\"behind\":0}"));
  }

  host::Subprocess deploy() { return lab.start({"deploy", "deploy.yaml", "--ref", version, "--output", "json"}, log); }

  Lab lab;
  std::string version = "v1", log;
  std::vector<unsigned> before;
  milliseconds moment{0};

 private:
  std::mt19937 random_{std::random_device{}()};
  milliseconds whole_{0};
  unsigned number_ = 0;
};

// An agent of the fleet dies; the deploy that goes on is to come through by itself, or with a resume where it says so.
void kill_agents(const char* kind) {
  Rounds play;
  ASSERT_NO_FATAL_FAILURE(play.begin());
  for (unsigned i = 0; i < rounds(); ++i) {
    play.next();
    SCOPED_TRACE("killed after " + std::to_string(play.moment.count()) + " ms");
    auto deploy = play.deploy();
    (void)deploy.wait(play.moment);
    for (const int pid : processes_of({".cache/deployctl/agents/", kind, play.lab.dir().path()})) ::kill(pid, SIGKILL);
    const auto exit = deploy.wait(std::chrono::seconds(90));
    ASSERT_TRUE(exit);
    if (exit->code != 0) play.go_on();
    play.expect_same_end();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace

TEST(Survival, OfTheDriversDeath) {
  Rounds play;
  ASSERT_NO_FATAL_FAILURE(play.begin());
  for (unsigned i = 0; i < rounds(); ++i) {
    play.next();
    SCOPED_TRACE("killed after " + std::to_string(play.moment.count()) + " ms");
    auto deploy = play.deploy();
    const auto ended = deploy.wait(play.moment);
    (void)deploy.signal(SIGKILL);
    (void)deploy.wait();
    if (!ended || ended->code != 0) play.go_on();
    play.expect_same_end();
    if (HasFailure()) return;
  }
}

TEST(Survival, OfRelaysAgentsThatDie) { kill_agents(" relay"); }
TEST(Survival, OfTargetsAgentsThatDie) { kill_agents(" target"); }

TEST(Survival, OfALinkThatIsCutAndHeals) {
  if (!Network::possible()) GTEST_SKIP() << "needs root and network namespaces";
  auto options = fleet();
  options.networks = true;
  Rounds play(std::move(options));
  ASSERT_NO_FATAL_FAILURE(play.begin());
  for (unsigned i = 0; i < rounds(); ++i) {
    play.next();
    SCOPED_TRACE("cut after " + std::to_string(play.moment.count()) + " ms");
    auto deploy = play.deploy();
    (void)deploy.wait(play.moment);
    play.lab.network(i % regions).cut();
    (void)deploy.wait(milliseconds(play.moment.count() % 1700));
    play.lab.network(i % regions).heal();
    const auto exit = deploy.wait(std::chrono::seconds(90));
    ASSERT_TRUE(exit);
    if (exit->code != 0) play.go_on();
    play.expect_same_end();
    if (HasFailure()) return;
  }
}

namespace {

// A deploy that is in the middle of its bake when it is stopped, and goes on when another has come through.
struct Sleeper {
  Lab lab{
      fleet("  max_parallel: 100%\n  waves:\n    - {name: canary, regions: [r0], targets: 1, bake_time: 2s}\n    - "
            "{name: rest, regions: all}\n")};
  std::optional<host::Subprocess> first;

  void falls_asleep() {
    ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v1"}).exit.code, 0);
    first.emplace(lab.start({"deploy", "deploy.yaml", "--ref", "v2", "--output", "json"}, "first"));
    ASSERT_TRUE(eventually([&] { return read_text(lab.dir() / "first").find("wave_baking") != std::string::npos; }));
    ASSERT_EQ(::kill(first->pid(), SIGSTOP), 0);
  }

  void wakes_up() {
    const auto before = starts_of(lab);
    ASSERT_EQ(::kill(first->pid(), SIGCONT), 0);
    const auto exit = first->wait(std::chrono::seconds(60));
    ASSERT_TRUE(exit);
    EXPECT_EQ(exit->code, 6) << read_text(lab.dir() / "first");
    EXPECT_THAT(Lab::event(read_text(lab.dir() / "first"), "rollout_finished"), HasSubstr("\"result\":\"superseded\""));
    EXPECT_EQ(starts_of(lab), before) << "it changes nothing any more";
  }
};

}  // namespace

TEST(Survival, OneThatSleptPastItsLeaseChangesNothing) {
  Sleeper sleeper;
  ASSERT_NO_FATAL_FAILURE(sleeper.falls_asleep());
  sleeper.lab.tag("v5");
  const auto second =
      sleeper.lab.deployctl({"deploy", "deploy.yaml", "--ref", "v5", "--wait", "2m", "--output", "json"}, "elsewhere");
  ASSERT_EQ(second.exit.code, 0) << second.out << second.err;
  EXPECT_THAT(second.out, HasSubstr("waiting: "));
  ASSERT_NO_FATAL_FAILURE(sleeper.wakes_up());
  EXPECT_TRUE(sleeper.lab.all_run("v5"));
}

TEST(Survival, OneThatWasTakenOverWhileItSleptChangesNothing) {
  Sleeper sleeper;
  ASSERT_NO_FATAL_FAILURE(sleeper.falls_asleep());
  sleeper.lab.tag("v5");
  const auto refused = sleeper.lab.deployctl({"deploy", "deploy.yaml", "--ref", "v5"}, "elsewhere");
  EXPECT_EQ(refused.exit.code, 6) << refused.out << refused.err;
  const auto second =
      sleeper.lab.deployctl({"deploy", "deploy.yaml", "--ref", "v5", "--take-over", "it hangs"}, "elsewhere");
  ASSERT_EQ(second.exit.code, 0) << second.out << second.err;
  ASSERT_NO_FATAL_FAILURE(sleeper.wakes_up());
  EXPECT_TRUE(sleeper.lab.all_run("v5"));
}

TEST(Waiting, ForAnotherDeployOnThisHost) {
  Lab lab(fleet(three_waves));
  auto first = lab.start({"deploy", "deploy.yaml", "--ref", "v1", "--output", "json"}, "first");
  ASSERT_TRUE(eventually([&] { return read_text(lab.dir() / "first").find("rollout_started") != std::string::npos; }));
  EXPECT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2"}).exit.code, 6);
  const auto second = lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2", "--wait", "1m"});
  EXPECT_EQ(second.exit.code, 0) << second.out << second.err;
  EXPECT_THAT(second.err, HasSubstr("waiting: toy (test) is held by the deploy of v1"));
  EXPECT_EQ(first.wait(std::chrono::seconds(60))->code, 0);
  EXPECT_TRUE(lab.all_run("v2"));
  EXPECT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "v2", "--wait", "soon"}).exit.code, 2);
}
