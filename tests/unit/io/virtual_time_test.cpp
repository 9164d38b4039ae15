// The clock that simulations run by: timers of core/io follow it, and nothing waits.
#include "tests/support/virtual_time.hpp"

#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <chrono>

#include "core/io/deadline.hpp"
#include "core/io/notifier.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using namespace std::chrono_literals;
using asio::awaitable;

namespace {

awaitable<void> note(std::vector<int>& order, int number, Duration after) {
  co_await io::sleep_for(after);
  order.push_back(number);
}

awaitable<Status> nap(Duration d) {
  co_await io::sleep_for(d);
  co_return Status{};
}

}  // namespace

TEST(VirtualTime, DaysOfTimersRunInTheirOrderAtOnce) {
  VirtualTime time;
  const auto before = std::chrono::steady_clock::now();
  asio::io_context context(1);
  std::vector<int> order;
  asio::co_spawn(context, note(order, 3, 72h), asio::detached);
  asio::co_spawn(context, note(order, 1, 5ms), asio::detached);
  asio::co_spawn(context, note(order, 2, 24h), asio::detached);
  const auto begun = time.now();
  EXPECT_TRUE(time.run(context));
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
  EXPECT_EQ(time.now() - begun, Duration(72h));
  EXPECT_LT(std::chrono::steady_clock::now() - before, 1min);
}

TEST(VirtualTime, DeadlinesEndWhatTakesLonger) {
  VirtualTime time;
  asio::io_context context(1);
  std::optional<Status> slow, fast;
  const auto work = [](std::optional<Status>& out, Duration d) -> awaitable<void> {
    out = co_await io::with_deadline(nap(d), 10min, "the nap");
  };
  asio::co_spawn(context, work(slow, 1h), asio::detached);
  asio::co_spawn(context, work(fast, 1min), asio::detached);
  EXPECT_TRUE(time.run(context));
  EXPECT_EQ(slow->error().code, Code::timed_out);
  EXPECT_TRUE(*fast);
}

TEST(VirtualTime, ANotifierIsWaitedForUntilThen) {
  VirtualTime time;
  asio::io_context context(1);
  io::Notifier bell(context.get_executor());
  std::vector<bool> heard;
  const auto listen = [](io::Notifier& bell, std::vector<bool>& heard) -> awaitable<void> {
    heard.push_back(co_await bell.wait_for(30s));
    heard.push_back(co_await bell.wait_for(30s));
  };
  const auto ring = [](io::Notifier& bell) -> awaitable<void> {
    co_await io::sleep_for(45s);
    bell.notify_all();
  };
  asio::co_spawn(context, listen(bell, heard), asio::detached);
  asio::co_spawn(context, ring(bell), asio::detached);
  EXPECT_TRUE(time.run(context));
  EXPECT_EQ(heard, (std::vector{false, true}));
}

TEST(VirtualTime, WhatWouldTakeLongerThanTheTimeIsLeft) {
  VirtualTime time;
  asio::io_context context(1);
  std::vector<int> order;
  asio::co_spawn(context, note(order, 1, 2h), asio::detached);
  EXPECT_FALSE(time.run(context, 1h));
  EXPECT_TRUE(time.run(context, 3h));
  EXPECT_EQ(order, (std::vector{1}));
}

TEST(VirtualTime, OtherThreadsAndLaterTestsHaveTheSystemsTime) {
  const auto wall = system_clock().wall();
  {
    VirtualTime time;
    EXPECT_LT(system_clock().wall(), wall - 24h);
  }
  EXPECT_GE(system_clock().wall(), wall);
}
