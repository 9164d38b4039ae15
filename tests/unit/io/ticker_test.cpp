#include "core/io/ticker.hpp"

#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <optional>

using namespace deployctl;

TEST(Ticker, TicksUntilItGoes) {
  asio::io_context context;
  int ticks = 0;
  std::optional<io::Ticker> ticker;
  ticker.emplace(context.get_executor(), Duration(1), [&] {
    if (++ticks == 3) ticker.reset();
  });
  context.run();
  EXPECT_EQ(ticks, 3);
}

// The loop takes up all whose time has come before it calls anybody: whoever ends the ticker then may be called before
// it.
TEST(Ticker, NeverTicksAfterItWentThoughItsTimeHadCome) {
  asio::io_context context;
  int ticks = 0;
  std::optional<io::Ticker> ticker;
  ticker.emplace(context.get_executor(), Duration(0), [&] { ++ticks; });
  asio::post(context, [&] { ticker.reset(); });
  context.run();
  EXPECT_EQ(ticks, 0);
}
