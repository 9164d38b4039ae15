#include "core/transport/login_gate.hpp"

#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <optional>
#include <thread>

#include "core/io/deadline.hpp"
#include "tests/support/run_async.hpp"

using namespace deployctl;
using asio::awaitable;
using deployctl::testing::run_async;
using transport::detail::await_login_turn;
using transport::detail::LoginTurn;

namespace {

struct Count {
  std::atomic<unsigned> in{0}, most{0}, done{0};
};

awaitable<void> log_in(std::string server, Count& count) {
  const auto turn = co_await await_login_turn(server);
  const unsigned now = ++count.in;
  unsigned most = count.most;
  while (now > most && !count.most.compare_exchange_weak(most, now)) {
  }
  for (int i = 0; i < 5; ++i) co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  --count.in;
  ++count.done;
}

awaitable<void> many(std::string server, unsigned n, Count& count) {
  const auto executor = co_await asio::this_coro::executor;
  for (unsigned i = 0; i < n; ++i) asio::co_spawn(executor, log_in(server, count), asio::detached);
}

awaitable<Result<int>> wait_for_turn(std::string server) {
  const auto turn = co_await await_login_turn(server);
  co_return 1;
}

// One gives up in the queue; the others still get their turns.
awaitable<bool> gives_up_in_the_queue() {
  std::vector<LoginTurn> turns;
  for (unsigned i = 0; i < transport::detail::max_logins; ++i) turns.push_back(co_await await_login_turn("gate-c"));
  const auto late = co_await io::with_deadline(wait_for_turn("gate-c"), Duration(10), "a turn");
  const auto other = co_await io::with_deadline(wait_for_turn("gate-d"), Duration(10'000), "a turn");
  turns.pop_back();
  const auto after = co_await io::with_deadline(wait_for_turn("gate-c"), Duration(10'000), "a turn");
  co_return !late && other && after;
}

}  // namespace

TEST(LoginGate, LetsEightInAtOnceAndEveryoneInTheEnd) {
  Count count;
  run_async(many("gate-a", 50, count));
  EXPECT_EQ(count.done, 50u);
  EXPECT_EQ(count.most, 8u);
}

TEST(LoginGate, CountsTheWholeProcessWhateverItsThreads) {
  Count count;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&count] { run_async(many("gate-b", 100, count)); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count.done, 400u);
  EXPECT_LE(count.most, 8u);
}

TEST(LoginGate, OneWhoGivesUpLeavesTheQueueAndOtherServersAreFree) { EXPECT_TRUE(run_async(gives_up_in_the_queue())); }

using transport::detail::LoginPace;
using transport::detail::max_logins;
using transport::detail::max_logins_total;

TEST(LoginPace, HalvesWhenServersDropSomeButNeverBelowEight) {
  LoginPace pace;
  EXPECT_EQ(pace.limit(), max_logins_total);
  SteadyTime now = SteadyTime{} + std::chrono::hours(1);
  pace.dropped(now);
  EXPECT_EQ(pace.limit(), max_logins_total / 2);
  for (int i = 0; i < 10; ++i) pace.dropped(now += std::chrono::seconds(1));
  EXPECT_EQ(pace.limit(), max_logins);
}

TEST(LoginPace, CountsThoseThatAreDroppedTogetherOnce) {
  LoginPace pace;
  const SteadyTime now = SteadyTime{} + std::chrono::hours(1);
  for (int i = 0; i < 20; ++i) pace.dropped(now + Duration(i));
  EXPECT_EQ(pace.limit(), max_logins_total / 2);
}

TEST(LoginPace, GrowsByOneForAFullRoundThatWentThrough) {
  LoginPace pace;
  SteadyTime now = SteadyTime{} + std::chrono::hours(1);
  for (int i = 0; i < 10; ++i) pace.dropped(now += std::chrono::seconds(1));
  for (unsigned i = 0; i < max_logins - 1; ++i) pace.went_through();
  EXPECT_EQ(pace.limit(), max_logins);
  pace.went_through();
  EXPECT_EQ(pace.limit(), max_logins + 1);
  for (int i = 0; i < 10'000; ++i) pace.went_through();
  EXPECT_EQ(pace.limit(), max_logins_total);
}
