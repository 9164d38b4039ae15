// Payloads through a relay: pulled from the caller once, given to every target as they come.
#include "tests/unit/relay/relay_rig.hpp"

using namespace deployctl;
using namespace deployctl::testing;

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

TEST(Carry, TwoConnectionsShareTheWork) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto chunks = std::make_shared<Chunks>(60, 500'000);
    auto first = std::make_shared<Rationed>(rig.executor, chunks, 60),
         second = std::make_shared<Rationed>(rig.executor, chunks, 60);
    auto one = start(co_await rig.call_relay(), rig.executor, carry_of(chunks->index()), first);
    auto two = start(co_await rig.call_relay(), rig.executor, carry_of(chunks->index()), second);
    EXPECT_TRUE(co_await end_of(one));
    EXPECT_TRUE(co_await end_of(two));
    EXPECT_EQ(chunks->read_in_all(), 60u);
    EXPECT_GT(first->given, 0u);
    EXPECT_GT(second->given, 0u);
  });
}

TEST(Carry, AConnectionThatIsLostLeavesItsShareToTheOther) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto chunks = std::make_shared<Chunks>(60, 500'000);
    auto stuck = std::make_shared<Rationed>(rig.executor, chunks, 1),
         good = std::make_shared<Rationed>(rig.executor, chunks, 60);
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
    for (const auto& [host, number] : numbers)
      stages[host] = start(link, rig.executor, stage_on(number, chunks->index()));
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

TEST(Carry, NobodyCarriesSoAStageFindsNothing) {
  with_rig([](Rig& rig) -> awaitable<void> {
    const Chunks chunks(4);
    rig.target("t1");
    auto link = co_await rig.call_relay();
    auto reply = co_await ask(link, stage_on(co_await attach(link, "t1"), chunks.index()));
    EXPECT_EQ(reply.error().code, Code::not_found);
  });
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
