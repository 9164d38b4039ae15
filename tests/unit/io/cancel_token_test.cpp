// "Stop" from a thread, a coroutine, a signal handler, and who hears of it.
#include "core/io/cancel_token.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <csignal>
#include <filesystem>
#include <optional>
#include <thread>

#include "core/io/deadline.hpp"
#include "tests/support/run_async.hpp"

using namespace deployctl;
using asio::awaitable;
using deployctl::testing::run_async;
using io::CancelToken;

namespace {

bool readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, 0) == 1;
}

long descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

awaitable<void> wait(CancelToken token) { co_await token.wait(); }

awaitable<Status> wait_long(CancelToken token) {
  co_await token.wait();
  if (!token.cancelled()) co_return fail(Code::cancelled, "given up");
  co_return Status{};
}

const CancelToken* for_the_handler = nullptr;

}  // namespace

TEST(CancelToken, WakesWhoWaitsInAnotherThread) {
  const CancelToken token;
  asio::io_context context;
  asio::co_spawn(context, wait(token), asio::detached);
  std::thread other([&] { context.run(); });
  token.cancel();
  other.join();
  EXPECT_TRUE(token.cancelled());
}

TEST(CancelToken, ThatIsSetAlreadyKeepsNobodyWaiting) {
  const CancelToken token;
  token.cancel();
  token.cancel();
  EXPECT_TRUE(run_async(wait_long(token)));
}

TEST(CancelToken, HasADescriptorThatTellsItWheneverItIsAskedFor) {
  const CancelToken early, late;
  EXPECT_FALSE(readable(early.fd()));
  early.cancel();
  late.cancel();
  EXPECT_TRUE(readable(early.fd()));
  EXPECT_TRUE(readable(late.fd()));
  EXPECT_EQ(early.fd(), early.fd());
}

TEST(CancelToken, IsSetByASignal) {
  const CancelToken token(CancelToken::SetBy::signals);
  for_the_handler = &token;
  const auto old = std::signal(SIGUSR1, [](int) { for_the_handler->cancel(); });
  asio::io_context context;
  asio::co_spawn(context, wait(token), asio::detached);
  asio::co_spawn(context, wait(token), asio::detached);
  context.poll();
  ::raise(SIGUSR1);
  context.run();
  std::signal(SIGUSR1, old);
  EXPECT_TRUE(readable(token.fd()));
}

TEST(CancelToken, AThousandWhoWaitTakeNoDescriptor) {
  const CancelToken token;
  asio::io_context context;
  asio::co_spawn(context, wait(token), asio::detached);
  context.poll();
  const auto before = descriptors();
  for (int i = 0; i < 1000; ++i) asio::co_spawn(context, wait(token), asio::detached);
  context.poll();
  EXPECT_EQ(descriptors(), before);
  token.cancel();
  context.run();
}

TEST(CancelToken, WhoGivesUpWaitingIsForgottenAndTheOthersAreNot) {
  const CancelToken token;
  const auto some_give_up = [](CancelToken t) -> awaitable<int> {
    int gave_up = 0;
    for (int i = 0; i < 10; ++i) {
      const auto waited = co_await io::with_deadline(wait_long(t), Duration(1), "wait");
      gave_up += !waited;
    }
    t.cancel();
    co_return gave_up;
  };
  asio::io_context context;
  for (int i = 0; i < 10; ++i) asio::co_spawn(context, wait(token), asio::detached);
  context.poll();
  EXPECT_EQ(run_async(some_give_up(token)), 10);
  context.run();
}

TEST(CancelToken, WhatAWatchWouldCallIsNotCalledOnceItIsGone) {
  const CancelToken token;
  asio::io_context context;
  int called = 0;
  const CancelToken::Watch kept(token, context.get_executor(), [&] { ++called; });
  std::optional<CancelToken::Watch> first, last;
  first.emplace(token, context.get_executor(), [&] { called += 100; });
  last.emplace(token, context.get_executor(), [&] { called += 1000; });
  first.reset();
  token.cancel();
  last.reset();
  const CancelToken::Watch late(token, context.get_executor(), [&] { called += 10; });
  EXPECT_EQ(called, 0);
  context.run();
  EXPECT_EQ(called, 11);
}
