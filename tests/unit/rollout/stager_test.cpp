// What is staged before it is asked for: once where that works, once more where it doesn't, and given up where nobody
// wants it.
#include "core/rollout/driver/stager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "tests/support/virtual_time.hpp"
#include "tests/unit/rollout/machine_fixture.hpp"
#include "tests/unit/rollout/paper_fleet.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::SizeIs;

namespace {

struct OneChunk final : payload::ChunkSource {
  OneChunk() {
    index_.lengths = {1};
    index_.digests = {sha256("x")};
  }
  const payload::Index& index() const override { return index_; }
  asio::awaitable<Result<Bytes>> read(std::uint32_t) override { co_return Bytes{'x'}; }
  payload::Index index_;
};

struct AnyPayload final : payload::PayloadSource {
  asio::awaitable<Result<std::shared_ptr<payload::ChunkSource>>> get(Digest, std::optional<Digest>,
                                                                     payload::Preference) override {
    co_return std::make_shared<OneChunk>();
  }
  asio::awaitable<std::shared_ptr<payload::ChunkSource>> made(Digest, std::optional<Digest>) override {
    co_return nullptr;
  }
  asio::awaitable<bool> has_private_modes(Digest) override { co_return private_modes; }
  bool private_modes = false;
};

class Staging {
 public:
  Staging() : stager(context.get_executor(), fleet, {spec, sha256("next"), "{}", model::Prefer::time, &payloads}) {
    ticket.epoch = 3;
  }

  // At `when` since the beginning; what it came to is in `done`.
  void stage_at(Duration when) { asio::co_spawn(context, later(when), asio::detached); }
  void end_at(Duration when) { asio::co_spawn(context, ending(when), asio::detached); }
  void run() { EXPECT_TRUE(time.run(context)); }

  VirtualTime time;
  asio::io_context context{1};
  PaperFleet fleet{std::vector<PaperTarget>(2)};
  RolloutSpec spec = spec_of({2});
  AnyPayload payloads;
  Lease ticket;
  Stager stager;
  std::optional<Result<Stager::Done>> done;
  Duration done_at{0}, ended_at{0};
  std::vector<std::uint64_t> heard;

 private:
  asio::awaitable<void> later(Duration when) {
    co_await io::sleep_for(when);
    const Stager::OnEvent hear = [this](const protocol::pb::Event& event) {
      heard.push_back(event.progress().received());
    };
    auto staged = co_await stager.stage(0, ticket, Digest{}, hear);
    done.emplace(std::move(staged));
    done_at = fleet.at(io::now_steady());
  }
  asio::awaitable<void> ending(Duration when) {
    co_await io::sleep_for(when);
    co_await stager.end();
    ended_at = fleet.at(io::now_steady());
  }
};

}  // namespace

TEST(Stager, WhatWasBegunIsJoinedAndNotBegunAgain) {
  Staging it;
  it.stager.begin(0, it.ticket, Digest{});
  it.stage_at(700ms);
  it.run();
  ASSERT_TRUE(it.done && *it.done) << it.done->error().text();
  EXPECT_THAT(it.fleet.times(0, "stage"), ElementsAre(0ms));
  EXPECT_EQ((*it.done)->staged.received(), 7u);
  EXPECT_EQ((*it.done)->took, 1010ms) << "since it was begun, not since it was asked for";
  EXPECT_EQ(it.done_at, 1010ms);
  EXPECT_THAT(it.heard, ElementsAre(2u)) << "what comes from now on";
}

TEST(Stager, AnOldAgentIsRefusedByNameWhereTheArtifactHasPrivateModes) {
  Staging it;
  it.fleet.old_agents = true;
  it.payloads.private_modes = true;
  it.stage_at(0ms);
  it.run();
  ASSERT_TRUE(it.done);
  ASSERT_FALSE(*it.done);
  EXPECT_EQ(it.done->error().code, Code::unsupported);
  EXPECT_THAT(it.done->error().text(), ::testing::HasSubstr("an agent without 'private-modes'"));
  EXPECT_EQ(it.fleet.count("stage"), 0u);
  Staging usual;
  usual.fleet.old_agents = true;
  usual.stage_at(0ms);
  usual.run();
  EXPECT_TRUE(usual.done && *usual.done) << "any other artifact is staged there as before";
}

TEST(Stager, WhatWasOverBeforeIsThereAtOnce) {
  Staging it;
  it.stager.begin(0, it.ticket, Digest{});
  it.stage_at(5s);
  it.run();
  ASSERT_TRUE(it.done && *it.done);
  EXPECT_EQ(it.done_at, 5s);
  EXPECT_EQ((*it.done)->took, 1010ms);
}

TEST(Stager, WhatFailedBeforeItWasAskedForIsTriedOnceMore) {
  Staging it;
  it.fleet.stages_that_fail = 1;
  it.stager.begin(0, it.ticket, Digest{});
  it.ticket.epoch = 9;
  it.stage_at(100ms);
  it.run();
  ASSERT_TRUE(it.done && *it.done) << it.done->error().text();
  ASSERT_THAT(it.fleet.times(0, "stage"), SizeIs(2));
  EXPECT_EQ(it.fleet.asked.back().epoch, 9u) << "with the grant that holds by now";
}

TEST(Stager, WhatFailsAfterThatHasFailed) {
  Staging it;
  it.fleet.stages_that_fail = 2;
  it.stager.begin(0, it.ticket, Digest{});
  it.stage_at(100ms);
  it.run();
  ASSERT_TRUE(it.done);
  ASSERT_FALSE(*it.done);
  EXPECT_EQ(it.done->error().code, Code::locked);
}

TEST(Stager, WhatIsForgottenIsStagedAnew) {
  Staging it;
  it.stager.begin(0, it.ticket, Digest{});
  it.stager.forget(0);
  it.stage_at(5s);
  it.run();
  EXPECT_THAT(it.fleet.times(0, "stage"), ElementsAre(0ms, 5s));
}

TEST(Stager, TheEndGivesUpWhatNobodyAskedFor) {
  Staging it;
  it.stager.begin(0, it.ticket, Digest{});
  it.stager.begin(1, it.ticket, Digest{});
  it.end_at(300ms);
  it.run();
  EXPECT_EQ(it.ended_at, 300ms);
}

TEST(Stager, TheEndIsAnErrorForWhoeverWaits) {
  Staging it;
  it.stager.begin(0, it.ticket, Digest{});
  it.stage_at(100ms);
  it.end_at(300ms);
  it.run();
  ASSERT_TRUE(it.done);
  ASSERT_FALSE(*it.done);
  EXPECT_EQ(it.done->error().code, Code::cancelled);
  EXPECT_THAT(it.fleet.times(0, "stage"), SizeIs(1));
}
