#include <gtest/gtest.h>

#include <asio/this_coro.hpp>

#include "core/host/subprocess.hpp"
#include "core/io/async_semaphore.hpp"
#include "core/io/deadline.hpp"
#include "core/io/gather.hpp"
#include "tests/support/run_async.hpp"

using namespace deployctl;
using deployctl::testing::run_async;
using namespace std::chrono_literals;

namespace {

host::Command shell(const std::string& line) {
  host::Command command;
  command.argv = {"/bin/sh", "-c", line};
  return command;
}

asio::awaitable<void> count_up(int& running, int& most, int& done, io::AsyncSemaphore& turns) {
  const auto turn = co_await turns.take();
  most = std::max(most, ++running);
  co_await io::sleep_for(Duration(1));
  --running;
  ++done;
}

asio::awaitable<void> take_turns(int& most, int& done) {
  const auto executor = co_await asio::this_coro::executor;
  io::AsyncSemaphore turns(executor, 3);
  int running = 0;
  std::vector<asio::awaitable<void>> work;
  for (int i = 0; i < 20; ++i) work.push_back(count_up(running, most, done, turns));
  co_await io::gather(std::move(work));
}

asio::awaitable<void> throw_late(int& done) {
  co_await io::sleep_for(Duration(1));
  ++done;
  throw std::runtime_error("no");
}

asio::awaitable<void> gather_failures(int& done) {
  std::vector<asio::awaitable<void>> work;
  for (int i = 0; i < 3; ++i) work.push_back(throw_late(done));
  co_await io::gather(std::move(work));
}

}  // namespace

TEST(Run, CollectsWhatAProgramSaysAndHowItEnded) {
  const auto said = run_async(host::async_run(shell("echo out; echo err >&2; exit 3"), Duration(10s)));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(said->out, "out\n");
  EXPECT_EQ(said->err, "err\n");
  EXPECT_EQ(said->exit.code, 3);
}

TEST(Run, BlockingDoesTheSame) {
  const auto said = host::run(shell("printf x; exit 0"), Duration(10s));
  ASSERT_TRUE(said);
  EXPECT_EQ(said->out, "x");
  EXPECT_TRUE(said->exit.ok());
}

TEST(Run, EndsWhatTakesTooLong) {
  const auto said = run_async(host::async_run(shell("sleep 600"), Duration(100ms)));
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, Code::timed_out);
}

TEST(Gather, WaitsForAllAndTurnsBoundHowManyRunAtOnce) {
  int most = 0, done = 0;
  run_async(take_turns(most, done));
  EXPECT_EQ(done, 20);
  EXPECT_EQ(most, 3);
}

TEST(Gather, ThrowsWhatOneThrewOnceAllAreOver) {
  int done = 0;
  EXPECT_THROW(run_async(gather_failures(done)), std::runtime_error);
  EXPECT_EQ(done, 3);
}
