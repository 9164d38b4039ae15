// Payloads through a relay: pulled from the caller once, given to every target, kept for the next time.
#include <sys/stat.h>

#include <algorithm>

#include "tests/unit/relay/relay_rig.hpp"

using namespace deployctl;
using namespace deployctl::testing;

namespace {

std::string file_of(const std::string& folder, const payload::Index& index) {
  return folder + "/" + index.digest().hex() + ".chunks";
}

// How many chunks a cache's file says it has. What was on its way when a carry was cut is not among them.
unsigned kept_in(const std::string& folder, const payload::Index& index) {
  const std::string bytes = read_text(file_of(folder, index));
  const auto marks = bytes.substr(index.total());
  return static_cast<unsigned>(std::count(marks.begin(), marks.end(), 1));
}

constexpr std::size_t large = 500'000;  // bytes of a chunk: a window holds eight of them

// Carries until the source is cut at chunk `stop`: all but a window of them are here.
void carry_until(const std::string& folder, std::uint32_t count, std::uint32_t stop) {
  with_rig([&](Rig& rig) -> awaitable<void> {
    auto chunks = std::make_shared<Chunks>(count, large);
    chunks->fails_from = stop;
    auto link = co_await rig.call_relay();
    auto reply = co_await ask(link, carry_of(chunks->index()), chunks);
    EXPECT_FALSE(reply);
  }, folder);
}

}  // namespace

TEST(Carry, IsPulledOnceAndReachesEveryTargetWhileItComes) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto chunks = std::make_shared<Chunks>(60);
    auto link = co_await rig.call_relay();
    auto carrying = start(link, rig.executor, carry_of(chunks->index()), chunks);
    std::vector<std::shared_ptr<Pending>> stages;
    for (const std::string host : {"t1", "t2", "t3"}) {
      rig.target(host);
      const auto number = co_await attach(link, host);
      stages.push_back(start(link, rig.executor, stage_on(number, chunks->index())));
    }
    for (const auto& stage : stages) {
      auto reply = co_await end_of(stage);
      EXPECT_TRUE(reply) << (reply ? "" : reply.error().text());
    }
    EXPECT_TRUE(co_await end_of(carrying));
    for (const auto& [host, target] : rig.targets) EXPECT_EQ(target->received, chunks->all()) << host;
    EXPECT_EQ(chunks->read_in_all(), 60u);
  });
}

namespace {

// Gives chunks only as far as it may.
struct Rationed final : payload::ChunkSource {
  Rationed(const asio::any_io_executor& e, std::shared_ptr<Chunks> c, std::uint32_t ration)
      : chunks(std::move(c)), changed(e), left(ration) {}
  const payload::Index& index() const override { return chunks->index(); }
  awaitable<Result<Bytes>> read(std::uint32_t number) override {
    while (left == 0) co_await changed.wait();
    --left;
    ++given;
    changed.notify_all();
    co_return co_await chunks->read(number);
  }
  std::shared_ptr<Chunks> chunks;
  io::Notifier changed;
  std::uint32_t left, given = 0;
};

}  // namespace

TEST(Carry, TwoConnectionsShareTheWork) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto chunks = std::make_shared<Chunks>(60, 500'000);
    auto first = std::make_shared<Rationed>(rig.executor, chunks, 60), second = std::make_shared<Rationed>(rig.executor, chunks, 60);
    auto one = start(co_await rig.call_relay(), rig.executor, carry_of(chunks->index()), first);
    auto two = start(co_await rig.call_relay(), rig.executor, carry_of(chunks->index()), second);
    EXPECT_TRUE(co_await end_of(one));
    EXPECT_TRUE(co_await end_of(two));
    EXPECT_EQ(chunks->read_in_all(), 60u);
    EXPECT_GT(first->given, 0u);
    EXPECT_GT(second->given, 0u);
  });
}

namespace {

// Chunks [from, to) of it, as a payload of their own.
std::shared_ptr<Chunks> piece_of(const Chunks& whole, std::uint32_t from, std::uint32_t to) {
  auto piece = std::make_shared<Chunks>(0);
  for (auto i = from; i < to; ++i) {
    piece->bytes.push_back(whole.bytes[i]);
    piece->index_.lengths.push_back(whole.index_.lengths[i]);
    piece->index_.digests.push_back(whole.index_.digests[i]);
  }
  piece->reads.resize(to - from);
  return piece;
}

wire::pb::Request carry_with(const Chunks& whole, const std::vector<std::uint32_t>& pieces) {
  auto request = carry_of(whole.index());
  for (const auto count : pieces) request.mutable_carry()->add_pieces(count);
  return request;
}

}  // namespace

TEST(Carry, PiecesThatWereCarriedBeforeAreNotAskedForAgain) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto whole = std::make_shared<Chunks>(60);
    auto link = co_await rig.call_relay();
    for (const auto& [from, to] : {std::pair{0u, 20u}, std::pair{20u, 35u}}) {
      auto piece = piece_of(*whole, from, to);
      auto reply = co_await ask(link, carry_of(piece->index()), piece);
      EXPECT_TRUE(reply) << (reply ? "" : reply.error().text());
    }
    rig.target("t1");
    const auto number = co_await attach(link, "t1");
    auto carrying = start(link, rig.executor, carry_with(*whole, {20, 15}), whole);
    auto stage = start(link, rig.executor, stage_on(number, whole->index()));
    EXPECT_TRUE(co_await end_of(stage));
    EXPECT_TRUE(co_await end_of(carrying));
    EXPECT_EQ(rig.targets.at("t1")->received, whole->all());
    EXPECT_EQ(whole->read_in_all(), 25u);
  });
}

TEST(Carry, OnePieceThatIsStillOnItsWayIsWaitedFor) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto whole = std::make_shared<Chunks>(60);
    auto slow = std::make_shared<Rationed>(rig.executor, piece_of(*whole, 0, 40), 3);
    auto link = co_await rig.call_relay();
    auto first = start(link, rig.executor, carry_of(slow->index()), slow);
    while (slow->given < 3) co_await slow->changed.wait();
    auto carrying = start(link, rig.executor, carry_with(*whole, {40}), whole);
    rig.target("t1");
    const auto number = co_await attach(link, "t1");
    auto stage = start(link, rig.executor, stage_on(number, whole->index()));
    slow->left = 60;
    slow->changed.notify_all();
    EXPECT_TRUE(co_await end_of(stage));
    EXPECT_TRUE(co_await end_of(carrying));
    EXPECT_TRUE(co_await end_of(first));
    EXPECT_EQ(rig.targets.at("t1")->received, whole->all());
    EXPECT_EQ(whole->read_in_all(), 20u);
  });
}

// More than the relay holds open: it looks for them on its disk, and knows of the whole meanwhile.
TEST(Carry, AStageThatFollowsFindsTheWholeHoweverManyItsPieces) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto whole = std::make_shared<Chunks>(60);
    auto link = co_await rig.call_relay();
    for (std::uint32_t from = 0; from < 60; from += 5) {
      auto piece = piece_of(*whole, from, from + 5);
      auto reply = co_await ask(link, carry_of(piece->index()), piece);
      EXPECT_TRUE(reply) << (reply ? "" : reply.error().text());
    }
    rig.target("t1");
    auto request = stage_on(co_await attach(link, "t1"), whole->index());
    request.mutable_stage()->clear_index();
    request.mutable_stage()->set_payload(whole->index().digest().raw());
    auto carrying = start(link, rig.executor, carry_with(*whole, std::vector<std::uint32_t>(12, 5)), whole);
    auto stage = start(link, rig.executor, request);
    EXPECT_TRUE(co_await end_of(stage));
    EXPECT_TRUE(co_await end_of(carrying));
    EXPECT_EQ(rig.targets.at("t1")->received, whole->all());
    EXPECT_EQ(whole->read_in_all(), 0u);
  });
}

TEST(Carry, RoomForTheWholeIsNotMadeOfItsPieces) {
  TempDir dir;
  const auto job = [](Rig& rig) -> awaitable<void> {
    auto whole = std::make_shared<Chunks>(60);
    auto link = co_await rig.call_relay();
    for (std::uint32_t from = 0; from < 60; from += 5) {
      auto piece = piece_of(*whole, from, from + 5);
      EXPECT_TRUE(co_await ask(link, carry_of(piece->index()), piece));
    }
    auto request = carry_with(*whole, std::vector<std::uint32_t>(12, 5));
    EXPECT_TRUE(co_await ask(link, request, whole));
    EXPECT_EQ(whole->read_in_all(), 0u);
  };
  relay::CacheLimits limits;
  limits.bytes = 1'500'000;  // the pieces and half of the whole
  with_rig(job, dir / "chunks", limits);
}

TEST(Carry, ThatSaysItBeginsWithItselfIsCarriedAsAny) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto whole = std::make_shared<Chunks>(50);
    auto link = co_await rig.call_relay();
    auto request = carry_with(*whole, {50});
    EXPECT_TRUE(co_await ask(link, request, whole));
    EXPECT_EQ(whole->read_in_all(), 50u);
  });
}

TEST(Carry, PiecesThatAreNotHereOrNoneAreDoneWithout) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto link = co_await rig.call_relay();
    for (const auto& pieces : {std::vector<std::uint32_t>{20, 20}, std::vector<std::uint32_t>{0}, std::vector<std::uint32_t>{4'000'000'000}}) {
      auto whole = std::make_shared<Chunks>(50, 10'000 + pieces.size() * 100 + pieces[0] % 7);
      auto request = carry_with(*whole, pieces);
      auto reply = co_await ask(link, request, whole);
      EXPECT_TRUE(reply) << (reply ? "" : reply.error().text());
      EXPECT_EQ(whole->read_in_all(), 50u);
    }
    // A piece that breaks off: what came of it is used, the rest is asked for.
    auto whole = std::make_shared<Chunks>(60, 30'000);
    auto piece = piece_of(*whole, 0, 40);
    piece->fails_from = 30;
    auto broken = co_await ask(link, carry_of(piece->index()), piece);
    EXPECT_FALSE(broken);
    auto request = carry_with(*whole, {40});
    auto reply = co_await ask(link, request, whole);
    EXPECT_TRUE(reply) << (reply ? "" : reply.error().text());
    rig.target("t1");
    const auto number = co_await attach(link, "t1");
    auto stage = start(link, rig.executor, stage_on(number, whole->index()));
    EXPECT_TRUE(co_await end_of(stage));
    EXPECT_EQ(rig.targets.at("t1")->received, whole->all());
  });
}

TEST(Carry, AConnectionThatIsLostLeavesItsShareToTheOther) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto chunks = std::make_shared<Chunks>(60, 500'000);
    auto stuck = std::make_shared<Rationed>(rig.executor, chunks, 1), good = std::make_shared<Rationed>(rig.executor, chunks, 60);
    auto lost_link = co_await rig.call_relay();
    auto lost = start(lost_link, rig.executor, carry_of(chunks->index()), stuck);
    while (stuck->given == 0) co_await stuck->changed.wait();
    auto carrying = start(co_await rig.call_relay(), rig.executor, carry_of(chunks->index()), good);
    while (good->given == 0) co_await good->changed.wait();
    lost_link->close();
    auto reply = co_await end_of(carrying);
    EXPECT_TRUE(reply) << (reply ? "" : reply.error().text());
    EXPECT_FALSE(co_await end_of(lost));
    stuck->left = 60;  // whoever still waits there can end
    stuck->changed.notify_all();
  });
}

TEST(Carry, ATargetHasChunksBeforeTheRelayHasThemAll) {
  with_rig([](Rig& rig) -> awaitable<void> {
    struct Held final : payload::ChunkSource {
      explicit Held(const asio::any_io_executor& e) : inner(10), changed(e) {}
      const payload::Index& index() const override { return inner.index(); }
      awaitable<Result<Bytes>> read(std::uint32_t number) override {
        while (number >= may) co_await changed.wait();
        co_return co_await inner.read(number);
      }
      Chunks inner;
      io::Notifier changed;
      std::uint32_t may = 5;
    };
    auto chunks = std::make_shared<Held>(rig.executor);
    auto& target = rig.target("t1");
    auto link = co_await rig.call_relay();
    const auto number = co_await attach(link, "t1");
    auto carrying = start(link, rig.executor, carry_of(chunks->index()), chunks);
    auto stage = start(link, rig.executor, stage_on(number, chunks->index()));
    while (target.chunks < 5) co_await target.changed.wait();
    EXPECT_FALSE(carrying->result);
    chunks->may = 10;
    chunks->changed.notify_all();
    EXPECT_TRUE(co_await end_of(stage));
    EXPECT_EQ(target.received, chunks->inner.all());
  });
}

TEST(Carry, ASlowTargetAndADyingOneHoldNobodyUp) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto chunks = std::make_shared<Chunks>(40, 900'000);  // far more than fits the memory of a relay's recent chunks
    rig.target("slow").may_take = 2;
    rig.target("dies").cut_after = 7;
    rig.target("good");
    auto link = co_await rig.call_relay();
    std::map<std::string, std::shared_ptr<Pending>> stages;
    std::map<std::string, std::uint32_t> numbers;
    for (const std::string host : {"slow", "dies", "good"}) numbers[host] = co_await attach(link, host);
    auto carrying = start(link, rig.executor, carry_of(chunks->index()), chunks);
    for (const auto& [host, number] : numbers) stages[host] = start(link, rig.executor, stage_on(number, chunks->index()));
    auto good = co_await end_of(stages["good"]);
    EXPECT_TRUE(good) << (good ? "" : good.error().text());
    EXPECT_TRUE(co_await end_of(carrying));
    auto dead = co_await end_of(stages["dies"]);
    EXPECT_EQ(dead.error().code, Code::disconnected);
    EXPECT_FALSE(stages["slow"]->result);
    rig.target("slow").let_go();
    EXPECT_TRUE(co_await end_of(stages["slow"]));
    EXPECT_EQ(rig.target("slow").received, chunks->all());
    EXPECT_EQ(chunks->read_in_all(), 40u);
  });
}

TEST(Carry, MoreTargetsThanSeatsAreFedOneAfterAnother) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto chunks = std::make_shared<Chunks>(30);
    auto link = co_await rig.call_relay();
    auto carrying = start(link, rig.executor, carry_of(chunks->index()), chunks);
    std::vector<std::shared_ptr<Pending>> stages;
    for (int i = 0; i < 9; ++i) {
      const std::string host = "t" + std::to_string(i);
      rig.target(host);
      const auto number = co_await attach(link, host);
      stages.push_back(start(link, rig.executor, stage_on(number, chunks->index())));
    }
    for (const auto& stage : stages) EXPECT_TRUE(co_await end_of(stage));
    for (const auto& [host, target] : rig.targets) EXPECT_EQ(target->received, chunks->all()) << host;
  });
}

// The rig's relay has two seats and one for a slow target.
TEST(Carry, ASlowTargetLeavesItsSeatToOthers) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto chunks = std::make_shared<Chunks>(40, 900'000);
    auto link = co_await rig.call_relay();
    auto carrying = start(link, rig.executor, carry_of(chunks->index()), chunks);
    std::map<std::string, std::shared_ptr<Pending>> stages;
    for (const std::string host : {"slow1", "slow2", "good1", "good2"}) {
      auto& target = rig.target(host);
      if (host[0] == 's') target.may_take = 1;
      const auto number = co_await attach(link, host);
      stages[host] = start(link, rig.executor, stage_on(number, chunks->index()));
      if (host[0] != 's') continue;
      while (target.chunks == 0) co_await target.changed.wait();  // it has its seat
    }
    EXPECT_TRUE(co_await end_of(stages["good1"]));
    EXPECT_TRUE(co_await end_of(stages["good2"]));
    EXPECT_FALSE(stages["slow1"]->result);
    for (const std::string host : {"slow1", "slow2"}) {
      rig.target(host).let_go();
      EXPECT_TRUE(co_await end_of(stages[host]));
    }
  });
}

TEST(Carry, AWrongChunkFailsTheCarryAndTheStagesThatWait) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto chunks = std::make_shared<Chunks>(10);
    chunks->bytes[6][3] ^= 1;
    rig.target("t1");
    auto link = co_await rig.call_relay();
    const auto number = co_await attach(link, "t1");
    auto carrying = start(link, rig.executor, carry_of(chunks->index()), chunks);
    auto stage = start(link, rig.executor, stage_on(number, chunks->index()));
    auto carried = co_await end_of(carrying);
    EXPECT_EQ(carried.error().code, Code::verification);
    auto staged = co_await end_of(stage);
    EXPECT_EQ(staged.error().code, Code::verification);
    EXPECT_NE(staged.error().text().find("chunk 6"), std::string::npos) << staged.error().text();
    chunks->bytes[6][3] ^= 1;  // and the next one asks for what lacks
    EXPECT_TRUE(co_await ask(link, carry_of(chunks->index()), chunks));
    EXPECT_EQ(chunks->reads[0], 1u);
  });
}

TEST(Carry, ThatWasCutGoesOnWhereItStoppedInAnotherRelay) {
  TempDir dir;
  carry_until(dir / "chunks", 50, 20);
  const auto kept = kept_in(dir / "chunks", Chunks(50, large).index());
  EXPECT_GT(kept, 0u);
  with_rig([kept](Rig& rig) -> awaitable<void> {
    auto chunks = std::make_shared<Chunks>(50, large);
    rig.target("t1");
    auto link = co_await rig.call_relay();
    const auto number = co_await attach(link, "t1");
    auto carrying = start(link, rig.executor, carry_of(chunks->index()), chunks);
    EXPECT_TRUE(co_await ask(link, stage_on(number, chunks->index())));
    EXPECT_TRUE(co_await end_of(carrying));
    EXPECT_EQ(rig.target("t1").received, chunks->all());
    EXPECT_EQ(chunks->read_in_all(), 50 - kept);
  }, dir / "chunks");
}

TEST(Carry, WhatWentBadOnTheRelaysDiskIsAskedForAnew) {
  TempDir dir;
  carry_until(dir / "chunks", 30, 20);
  const Chunks same(30, large);
  std::FILE* file = std::fopen(file_of(dir / "chunks", same.index()).c_str(), "r+");
  ASSERT_TRUE(file);
  const auto kept = kept_in(dir / "chunks", same.index());
  std::fseek(file, large + 100, SEEK_SET);  // in chunk 1
  std::fputs("damage", file);
  std::fclose(file);
  with_rig([kept](Rig& rig) -> awaitable<void> {
    auto chunks = std::make_shared<Chunks>(30, large);
    auto link = co_await rig.call_relay();
    EXPECT_TRUE(co_await ask(link, carry_of(chunks->index()), chunks));
    EXPECT_EQ(chunks->read_in_all(), 30 - kept + 1);
    EXPECT_EQ(chunks->reads[1], 1u);
  }, dir / "chunks");
}

TEST(Carry, TwiceAtOnceIsOnePull) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto chunks = std::make_shared<Chunks>(40);
    auto link = co_await rig.call_relay();
    auto first = start(link, rig.executor, carry_of(chunks->index()), chunks);
    auto second = start(link, rig.executor, carry_of(chunks->index()), chunks);
    EXPECT_TRUE(co_await end_of(first));
    EXPECT_TRUE(co_await end_of(second));
    EXPECT_EQ(chunks->read_in_all(), 40u);
  });
}

TEST(Carry, TheSecondTakesOverWhenTheFirstIsGivenUp) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto cut = std::make_shared<Chunks>(40);
    cut->fails_from = 20;
    auto whole = std::make_shared<Chunks>(40);
    auto link = co_await rig.call_relay();
    auto first = start(link, rig.executor, carry_of(cut->index()), cut);
    auto second = start(link, rig.executor, carry_of(whole->index()), whole);
    EXPECT_FALSE(co_await end_of(first));
    EXPECT_TRUE(co_await end_of(second));
    for (unsigned i = 0; i < 40; ++i) {
      EXPECT_GE(cut->reads[i] + whole->reads[i], 1u) << i;
      EXPECT_LE(whole->reads[i], 1u) << i;  // what the first one had under way is asked for again, once
    }
    EXPECT_EQ(whole->reads[39], 1u);
  });
}

TEST(Carry, NobodyCarriesSoAStageFindsNothing) {
  with_rig([](Rig& rig) -> awaitable<void> {
    const Chunks chunks(4);
    rig.target("t1");
    auto link = co_await rig.call_relay();
    auto reply = co_await ask(link, stage_on(co_await attach(link, "t1"), chunks.index()));
    EXPECT_EQ(reply.error().code, Code::absent);
  });
}

TEST(Carry, AStageIsServedFromAWholeCacheWithoutACarry) {
  TempDir dir;
  with_rig([](Rig& rig) -> awaitable<void> {
    auto chunks = std::make_shared<Chunks>(20);
    auto link = co_await rig.call_relay();
    EXPECT_TRUE(co_await ask(link, carry_of(chunks->index()), chunks));
  }, dir / "chunks");
  with_rig([](Rig& rig) -> awaitable<void> {
    const Chunks chunks(20);
    rig.target("t1");
    auto link = co_await rig.call_relay();
    EXPECT_TRUE(co_await ask(link, stage_on(co_await attach(link, "t1"), chunks.index())));
    EXPECT_EQ(rig.target("t1").received, chunks.all());
  }, dir / "chunks");
}

TEST(Carry, AHostileIndexIsRefused) {
  with_rig([](Rig& rig) -> awaitable<void> {
    const Chunks chunks(3);
    auto link = co_await rig.call_relay();
    auto lies = carry_of(chunks.index());
    lies.mutable_carry()->mutable_index()->set_lengths(1, 0x7fffffff);
    auto reply = co_await ask(link, lies);
    EXPECT_EQ(reply.error().code, Code::invalid);
    auto many = carry_of(chunks.index());
    for (int i = 0; i < 200'000; ++i) many.mutable_carry()->mutable_index()->add_lengths(1);
    reply = co_await ask(link, many);
    EXPECT_EQ(reply.error().code, Code::invalid);
    auto newer = carry_of(chunks.index());
    newer.mutable_carry()->mutable_index()->set_version(2);
    reply = co_await ask(link, newer);
    EXPECT_EQ(reply.error().code, Code::unsupported);
  });
}

TEST(Carry, TheCacheIsTheUsersAlone) {
  TempDir dir;
  carry_until(dir / "chunks", 5, 3);
  const Chunks same(5, large);
  struct stat st {};
  ASSERT_EQ(::stat((dir / "chunks").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0700u);
  ASSERT_EQ(::stat(file_of(dir / "chunks", same.index()).c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
}
