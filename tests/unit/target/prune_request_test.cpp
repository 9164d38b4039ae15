// A prune as a rollout asks for it: what is in use stays, and nothing goes once another rollout was granted.
#include "core/io/flock.hpp"
#include "core/io/gather.hpp"
#include "tests/unit/target/service_fixture.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using protocol::pb::Activated;

namespace {

struct PruneRequestTest : ServiceFixture {
  Rollout r1{deploy_to, "r1", 1}, r2{deploy_to, "r2", 2}, r3{deploy_to, "r3", 3};

  awaitable<void> prunes();
  awaitable<void> prunes_late();
  awaitable<void> names_what_runs();
};

awaitable<void> PruneRequestTest::prunes() {
  const Link link = co_await connect();
  std::vector<std::string> folders;
  for (int i = 1; i <= 4; ++i) {
    const Rollout rollout(deploy_to, "r" + std::to_string(i), static_cast<std::uint64_t>(i));
    const std::string name = "v" + std::to_string(i);
    EXPECT_EQ(outcome(co_await deploy(link, rollout, name, activation())), Activated::ACTIVE);
    folders.push_back(tree(name).release(name, activation()).folder());
    if (i < 4) (void)co_await rollout.drop_grant(link);
  }
  protocol::pb::Request request;
  auto& prune = *request.mutable_prune();
  *prune.mutable_place() = r1.place();
  prune.set_rollout("r4");
  prune.set_epoch(4);
  EXPECT_EQ(refusal(co_await ask(link, request)), Code::invalid);  // keep nothing?
  prune.set_keep(2);
  prune.add_in_use(tree("v1").release("v1", activation()).digest().raw());
  const auto pruned = co_await ask(link, request);
  EXPECT_TRUE(pruned) << pruned.error().text();
  EXPECT_EQ(pruned->pruned().folders_size(), 2);
  EXPECT_TRUE(io::exists(slot.release(folders[0])) && io::exists(slot.release(folders[3])));
  // After an activation what ran before stays, whatever is asked.
  const Rollout fifth(deploy_to, "r5", 5);
  EXPECT_TRUE(co_await fifth.take_grant(link, "r4"));
  auto activate = fifth.activate(tree("v1").release("v1", activation()));
  activate.mutable_activate()->set_keep_releases(1);
  EXPECT_EQ(outcome(co_await ask(link, activate)), Activated::ACTIVE);
  EXPECT_TRUE(io::exists(slot.release(folders[3])));
}

TEST_F(PruneRequestTest, PrunesWhatNobodyNeeds) { run_async(prunes()); }

// A prune that waits for its locks while another rollout is granted: what that one was told is kept stays so.
awaitable<void> PruneRequestTest::prunes_late() {
  const Link link = co_await connect();
  for (const Rollout* rollout : {&r1, &r2}) {
    const std::string name = rollout == &r1 ? "v1" : "v2";
    EXPECT_EQ(outcome(co_await deploy(link, *rollout, name, activation())), Activated::ACTIVE);
    if (rollout == &r1) (void)co_await r1.drop_grant(link);
  }
  protocol::pb::Request prune;
  *prune.mutable_prune()->mutable_place() = r2.place();
  prune.mutable_prune()->set_rollout("r2");
  prune.mutable_prune()->set_epoch(2);
  prune.mutable_prune()->set_keep(1);
  // The activation has told its end a moment before its process ends, and with it its lock.
  auto held = io::FileLock::try_lock(slot.state("lock"), "the test");
  EXPECT_TRUE(held);
  std::optional<Reply> pruned, granted;
  const auto keep = [](awaitable<Reply> work, std::optional<Reply>& into) -> awaitable<void> {
    into.emplace(co_await std::move(work));
  };
  const auto let_go = [](io::FileLock& lock, std::string grant) -> awaitable<void> {
    while (read_text(grant).find("\"r3\"") == std::string::npos) co_await io::sleep_for(Duration(1));
    lock.unlock();
  };
  std::vector<awaitable<void>> work;
  work.push_back(keep(ask(link, prune), pruned));
  work.push_back(keep(r3.take_grant(link, "r2"), granted));
  work.push_back(let_go(*held, slot.state("grant.json")));
  co_await io::gather(std::move(work));
  EXPECT_EQ(refusal(*pruned), Code::locked);
  EXPECT_TRUE(*granted);
  if (*granted) {
    EXPECT_EQ((*granted)->granted().surveyed().kept_size(), 2);
  }
  EXPECT_TRUE(io::exists(slot.release(tree("v1").release("v1", activation()).folder())));
}

TEST_F(PruneRequestTest, PrunesNothingOnceAnotherWasGranted) { run_async(prunes_late()); }

// The same content was deployed under another version: nothing is activated, and the release has a further name.
awaitable<void> PruneRequestTest::names_what_runs() {
  const Link link = co_await connect();
  EXPECT_EQ(outcome(co_await deploy(link, r1, "v1", activation())), Activated::ACTIVE);
  const auto release = tree("v1").release("v1", activation());
  protocol::pb::Request request;
  auto& prune = *request.mutable_prune();
  *prune.mutable_place() = r1.place();
  prune.set_rollout("r1");
  prune.set_epoch(1);
  prune.set_keep(2);
  prune.set_version("v1.1");
  prune.set_release(tree("v2").release("v2", activation()).digest().raw());
  EXPECT_TRUE(co_await ask(link, request));
  EXPECT_EQ(target::kept_release(slot, release.folder())->version(), "v1") << "another release than the one that runs";
  prune.set_release(release.digest().raw());
  EXPECT_TRUE(co_await ask(link, request));
  EXPECT_EQ(target::kept_release(slot, release.folder())->version(), "v1.1");
  // Hooks get it with the next activation, which may bring a name of its own.
  EXPECT_EQ(outcome(co_await deploy(link, r1, "v2", activation())), Activated::ACTIVE);
  auto back = r1.activate(release);
  back.mutable_activate()->set_version("v1.2");
  back.mutable_activate()->set_kind("rollback");
  EXPECT_EQ(outcome(co_await ask(link, back)), Activated::ACTIVE);
  const std::string log = read_text(slot.hook_log("r1"));
  EXPECT_NE(log.find("stopping v1.1"), std::string::npos) << log;
  EXPECT_NE(log.find("starting v1.2"), std::string::npos) << log;
  const auto receipts = target::read_receipts(slot);
  EXPECT_EQ(receipts->back().kind + " " + receipts->back().version, "rollback v1.2");
  EXPECT_EQ(receipts->back().from_release, tree("v2").release("v2", activation()).digest().text());
}

TEST_F(PruneRequestTest, GivesTheRunningReleaseAFurtherName) { run_async(names_what_runs()); }

}  // namespace
