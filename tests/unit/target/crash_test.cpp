// The activation process is killed (KILL) at every place where it can be; then the next rollout's grant settles the
// target.
#include <unistd.h>

#include "agents/target/activation/journal.hpp"
#include "agents/target/slot/switch.hpp"
#include "tests/support/process.hpp"
#include "tests/unit/target/service_fixture.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using namespace deployctl::target;

namespace {

struct CrashTest : ServiceFixture {
  // Every hook ends its agent, once, where a file of its name lies.
  model::Activation killing(bool start_fails) const {
    const std::string kill = "f=\"$DEPLOY_TO/kill-$VERSION-";
    const auto line = [&](const std::string& name, const std::string& then) {
      return shell(kill + name + "\"; if test -e \"$f\"; then rm \"$f\"; kill -9 $PPID; sleep 600; fi; " + then);
    };
    model::Activation made = activation();
    for (const auto which : model::target_hooks) made.hooks[which] = line(model::to_string(which), "true");
    made.hooks[model::TargetHook::start] = line("start", start_fails ? "false" : "cat name > \"$DEPLOY_TO/running\"");
    made.hooks[model::TargetHook::stop] = line("stop", "rm -f \"$DEPLOY_TO/running\"");
    return made;
  }

  void SetUp() override { ASSERT_TRUE(slot.claim({"redis", "default"})); }

  std::string put(const std::string& name, const model::Activation& how) {
    const Tree what{{{"name", {name}}}, {}};
    const auto release = what.release(name, how);
    EXPECT_TRUE(deployctl::testing::stage(slot, what, release));
    return release.folder();
  }
  void begin(const std::string& from, const std::string& to) {
    Intent intent;
    intent.rollout = "r1";
    intent.epoch = 1;
    intent.service = "redis";
    intent.environment = "default";
    intent.from = from;
    intent.to = to;
    ASSERT_TRUE(Journal::begin(slot, intent));
  }
  host::Exit run_agent(std::vector<std::string> before = {}) {
    before.insert(before.end(), {agent_binary, "activate", "--deploy-to", slot.path()});
    return run_program(std::move(before)).exit;
  }
  awaitable<void> settle(std::uint64_t epoch) {
    const Link link = co_await connect();
    const Rollout next(deploy_to, "r" + std::to_string(epoch), epoch);
    const auto granted = co_await next.take_grant(link);
    EXPECT_TRUE(granted) << (granted ? "" : granted.error().text());
    if (granted) {
      EXPECT_EQ(granted->granted().surveyed().unfinished_rollout(), "");
    }
    (void)co_await next.drop_grant(link);
  }
  // Serving what `current` says, and nothing else.
  void expect_wholly(const std::string& name) {
    EXPECT_EQ(read_text(slot.current() + "/name"), name);
    EXPECT_EQ(running(), name);
  }
};

TEST_F(CrashTest, KilledInAHookOfTheWayForwardItGoesOn) {
  const auto one = put("v1", killing(false)), two = put("v2", killing(false));
  std::uint64_t epoch = 1;
  for (const char* where : {"v1-drain", "v1-stop", "v2-install", "v2-start", "v2-validate", "v2-undrain"}) {
    SCOPED_TRACE(where);
    ASSERT_TRUE(switch_current(slot, one));
    dir.write("srv/running", "v1");
    dir.write(std::string("srv/kill-") + where, "");
    begin(one, two);
    EXPECT_EQ(run_agent().signal, 9);
    EXPECT_TRUE(unfinished(slot)->has_value());
    run_async(settle(++epoch));
    expect_wholly("v2");
    ASSERT_FALSE(io::exists(deploy_to + "/kill-" + where));
  }
}

TEST_F(CrashTest, KilledInAHookOfTheWayBackItGoesOnBack) {
  const auto one = put("v1", killing(false)), two = put("v2", killing(true));
  std::uint64_t epoch = 1;
  for (const char* where : {"v2-start", "v2-stop", "v1-start", "v1-validate", "v1-undrain"}) {
    SCOPED_TRACE(where);
    ASSERT_TRUE(switch_current(slot, one));
    dir.write("srv/running", "v1");
    dir.write(std::string("srv/kill-") + where, "");
    begin(one, two);
    EXPECT_EQ(run_agent().signal, 9);
    run_async(settle(++epoch));
    expect_wholly("v1");
    EXPECT_EQ(fold(Journal::read(slot)->records).ended, Outcome::reverted);
  }
}

// At each of its writes to the journal and at each rename, wherever those come to lie.
TEST_F(CrashTest, KilledBetweenAnyTwoStepsItGoesOn) {
  if (!io::exists("/usr/bin/strace")) GTEST_SKIP() << "needs strace";
  const auto one = put("v1", activation()), two = put("v2", activation());
  std::uint64_t epoch = 1;
  for (const std::string call : {"fdatasync", "renameat"}) {
    int kills = 0;
    for (int nth = 1; nth < 40; ++nth) {
      SCOPED_TRACE(call + " " + std::to_string(nth));
      ASSERT_TRUE(switch_current(slot, one));
      dir.write("srv/running", "v1");
      begin(one, two);
      const auto exit = run_agent({"/usr/bin/strace", "-o", dir / "trace", "-e",
                                   "inject=" + call + ":signal=KILL:when=" + std::to_string(nth)});
      run_async(settle(++epoch));
      expect_wholly("v2");
      if (exit.signal == 0) break;  // there is no such call any more: it went through
      EXPECT_EQ(exit.signal, 9);
      ++kills;
    }
    EXPECT_GT(kills, 0);
    EXPECT_LT(kills, 39);
  }
}

TEST_F(CrashTest, AHookThatOutlivesItsAgentIsEndedBeforeTheNextOneActs) {
  auto slow = activation();
  slow.hooks[model::TargetHook::stop] = shell(
      "if test -e \"$DEPLOY_TO/once\"; then rm \"$DEPLOY_TO/once\"; echo $$ > \"$DEPLOY_TO/pid\"; kill -9 $PPID; sleep "
      "600; fi");
  const auto one = put("v1", slow), two = put("v2", activation());
  ASSERT_TRUE(switch_current(slot, one));
  dir.write("srv/once", "");
  begin(one, two);
  EXPECT_EQ(run_agent().signal, 9);
  const std::string proc = "/proc/" + std::to_string(std::stoi(read_text(deploy_to + "/pid"))) + "/cmdline";
  EXPECT_NE(io::read_file(proc).value_or(""), "");
  run_async(settle(2));
  EXPECT_EQ(io::read_file(proc).value_or(""), "");  // gone, or a zombie that nobody reaps
  EXPECT_EQ(read_text(slot.current() + "/name"), "v2");
}

}  // namespace
