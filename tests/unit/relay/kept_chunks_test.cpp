// What a relay keeps of the payloads that pass through it, on its disk and while they come: nobody asks for it twice.
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
  with_rig(
      [&](Rig& rig) -> awaitable<void> {
        auto chunks = std::make_shared<Chunks>(count, large);
        chunks->fails_from = stop;
        auto link = co_await rig.call_relay();
        auto reply = co_await ask(link, carry_of(chunks->index()), chunks);
        EXPECT_FALSE(reply);
      },
      folder);
}

}  // namespace

TEST(KeptChunks, ThatWasCutGoesOnWhereItStoppedInAnotherRelay) {
  TempDir dir;
  carry_until(dir / "chunks", 50, 20);
  const auto kept = kept_in(dir / "chunks", Chunks(50, large).index());
  EXPECT_GT(kept, 0u);
  with_rig(
      [kept](Rig& rig) -> awaitable<void> {
        auto chunks = std::make_shared<Chunks>(50, large);
        rig.target("t1");
        auto link = co_await rig.call_relay();
        const auto number = co_await attach(link, "t1");
        auto carrying = start(link, rig.executor, carry_of(chunks->index()), chunks);
        EXPECT_TRUE(co_await ask(link, stage_on(number, chunks->index())));
        EXPECT_TRUE(co_await end_of(carrying));
        EXPECT_EQ(rig.target("t1").received, chunks->all());
        EXPECT_EQ(chunks->read_in_all(), 50 - kept);
      },
      dir / "chunks");
}

TEST(KeptChunks, WhatWentBadOnTheRelaysDiskIsAskedForAnew) {
  TempDir dir;
  carry_until(dir / "chunks", 30, 20);
  const Chunks same(30, large);
  std::FILE* file = std::fopen(file_of(dir / "chunks", same.index()).c_str(), "r+");
  ASSERT_TRUE(file);
  const auto kept = kept_in(dir / "chunks", same.index());
  std::fseek(file, large + 100, SEEK_SET);  // in chunk 1
  std::fputs("damage", file);
  std::fclose(file);
  with_rig(
      [kept](Rig& rig) -> awaitable<void> {
        auto chunks = std::make_shared<Chunks>(30, large);
        auto link = co_await rig.call_relay();
        EXPECT_TRUE(co_await ask(link, carry_of(chunks->index()), chunks));
        EXPECT_EQ(chunks->read_in_all(), 30 - kept + 1);
        EXPECT_EQ(chunks->reads[1], 1u);
      },
      dir / "chunks");
}

TEST(KeptChunks, TwiceAtOnceIsOnePull) {
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

TEST(KeptChunks, TheSecondTakesOverWhenTheFirstIsGivenUp) {
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

TEST(KeptChunks, AStageIsServedFromAWholeCacheWithoutACarry) {
  TempDir dir;
  with_rig(
      [](Rig& rig) -> awaitable<void> {
        auto chunks = std::make_shared<Chunks>(20);
        auto link = co_await rig.call_relay();
        EXPECT_TRUE(co_await ask(link, carry_of(chunks->index()), chunks));
      },
      dir / "chunks");
  with_rig(
      [](Rig& rig) -> awaitable<void> {
        const Chunks chunks(20);
        rig.target("t1");
        auto link = co_await rig.call_relay();
        EXPECT_TRUE(co_await ask(link, stage_on(co_await attach(link, "t1"), chunks.index())));
        EXPECT_EQ(rig.target("t1").received, chunks.all());
      },
      dir / "chunks");
}

TEST(KeptChunks, TheCacheIsTheUsersAlone) {
  TempDir dir;
  carry_until(dir / "chunks", 5, 3);
  const Chunks same(5, large);
  struct stat st {};
  ASSERT_EQ(::stat((dir / "chunks").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0700u);
  ASSERT_EQ(::stat(file_of(dir / "chunks", same.index()).c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
}
