// The bytes that a relay has outstanding on a connection.
#include "agents/relay/cache/pull_window.hpp"

#include <gtest/gtest.h>

using namespace deployctl;
using relay::PullWindow;

namespace {

constexpr std::uint64_t chunk = 64 * 1024;

// A link of `rate` bytes a second and `round_trip`, for a second, with as many chunks under way as the window lets.
PullWindow after_a_second(std::uint64_t rate, Duration round_trip) {
  PullWindow window;
  const SteadyTime begin = SteadyTime{} + std::chrono::hours(1);
  const auto spacing = [&](std::uint32_t n) { return Duration(static_cast<std::int64_t>(n * chunk * 1000 / rate)); };
  const auto chunks = static_cast<std::uint32_t>(rate / chunk);
  for (std::uint32_t n = 0; n < chunks; ++n) {
    window.asked(n, begin + spacing(n));
    window.came(n, chunk, begin + spacing(n) + round_trip);
  }
  return window;
}

}  // namespace

TEST(PullWindow, IsAsWideAsCanBeUntilTheLinkIsKnown) { EXPECT_EQ(PullWindow().bytes(chunk), PullWindow::most); }

TEST(PullWindow, IsHalfAsMuchAgainAsIsUnderWayOnAFullLink) {
  const auto bytes = after_a_second(12'500'000, Duration(80)).bytes(chunk);
  constexpr std::uint64_t under_way = 12'500'000 * 80ULL / 1000;
  EXPECT_GT(bytes, 5 * under_way / 4);
  EXPECT_LT(bytes, 7 * under_way / 4);
}

TEST(PullWindow, HoldsTwoChunksHoweverNearAndNoMoreThanSshLetsThrough) {
  EXPECT_EQ(after_a_second(12'500'000, Duration(1)).bytes(chunk), PullWindow::least);
  EXPECT_EQ(after_a_second(12'500'000, Duration(1)).bytes(1024 * 1024), 2u * 1024 * 1024);
  EXPECT_EQ(after_a_second(125'000'000, Duration(200)).bytes(chunk), PullWindow::most);
}

// What several connections ask for in all is what one would, but for a chunk each.
TEST(PullWindow, IsSharedByTheConnectionsOfAPayload) {
  EXPECT_EQ(after_a_second(12'500'000, Duration(1)).bytes(16 * 1024, 8), PullWindow::least / 8);
  EXPECT_EQ(after_a_second(12'500'000, Duration(1)).bytes(100 * 1024, 8), 100u * 1024);
  EXPECT_EQ(PullWindow().bytes(chunk, 8), PullWindow::least);
}

TEST(PullWindow, LeavesHalfOfAShareToTheOthersWhereThereAreAny) {
  EXPECT_EQ(PullWindow().bytes(chunk, 2, 400 * 1024), 200u * 1024);
  EXPECT_EQ(PullWindow().bytes(chunk, 2, 100 * 1024), 128u * 1024);
  EXPECT_EQ(PullWindow().bytes(chunk, 1, 400 * 1024), PullWindow::most);
  EXPECT_EQ(PullWindow().bytes(chunk, 1, 0), PullWindow::most);
}

// Twenty megabytes wait in the line before the first chunk that it asks for.
TEST(PullWindow, TakesTheRoundTripThatItWasToldForShorterThanAQueue) {
  PullWindow window(Duration(40));
  const SteadyTime begin = SteadyTime{} + std::chrono::hours(1);
  for (std::uint32_t n = 0; n < 200; ++n) {
    window.asked(n, begin + Duration(10 * n));
    window.came(n, 125'000, begin + Duration(10 * n + 1600));
  }
  EXPECT_GT(window.bytes(chunk), 12'500'000U / 1000 * 40);
  EXPECT_LT(window.bytes(chunk), 12'500'000U / 1000 * 40 * 2);
}
