// A payload that comes in pieces while it is made, and whole when it is: no chunk crosses twice.
#include "tests/unit/relay/relay_rig.hpp"

using namespace deployctl;
using namespace deployctl::testing;

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

protocol::pb::Request carry_with(const Chunks& whole, const std::vector<std::uint32_t>& pieces) {
  auto request = carry_of(whole.index());
  for (const auto count : pieces) request.mutable_carry()->add_pieces(count);
  return request;
}

}  // namespace

TEST(CarryPieces, PiecesThatWereCarriedBeforeAreNotAskedForAgain) {
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

TEST(CarryPieces, OnePieceThatIsStillOnItsWayIsWaitedFor) {
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
TEST(CarryPieces, AStageThatFollowsFindsTheWholeHoweverManyItsPieces) {
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

TEST(CarryPieces, RoomForTheWholeIsNotMadeOfItsPieces) {
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

TEST(CarryPieces, ThatSaysItBeginsWithItselfIsCarriedAsAny) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto whole = std::make_shared<Chunks>(50);
    auto link = co_await rig.call_relay();
    auto request = carry_with(*whole, {50});
    EXPECT_TRUE(co_await ask(link, request, whole));
    EXPECT_EQ(whole->read_in_all(), 50u);
  });
}

TEST(CarryPieces, PiecesThatAreNotHereOrNoneAreDoneWithout) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto link = co_await rig.call_relay();
    for (const auto& pieces : {std::vector<std::uint32_t>{20, 20}, std::vector<std::uint32_t>{0},
                               std::vector<std::uint32_t>{4'000'000'000}}) {
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
