// core/io/turns, which logins stand in line for.
#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>

#include "core/io/async_semaphore.hpp"
#include "core/io/deadline.hpp"
#include "core/io/notifier.hpp"
#include "tests/support/run_async.hpp"

using namespace deployctl;
using asio::awaitable;

namespace {

struct Line {
  explicit Line(const asio::any_io_executor& executor) : turns(executor, 2), go_on(executor) {}
  io::AsyncSemaphore turns;
  io::Notifier go_on;
  bool may_end = false;
  std::vector<int> had;
  int now = 0, most = 0;
};

awaitable<Result<int>> take_one(std::shared_ptr<Line> line, int who) {
  const auto turn = co_await line->turns.take();
  line->had.push_back(who);
  line->most = std::max(line->most, ++line->now);
  while (!line->may_end) co_await line->go_on.wait();
  --line->now;
  co_return who;
}

awaitable<void> run_one(std::shared_ptr<Line> line, int who) { (void)co_await take_one(line, who); }

awaitable<void> let_all_go(std::shared_ptr<Line>& out) {
  const auto executor = co_await asio::this_coro::executor;
  const auto line = out = std::make_shared<Line>(executor);
  for (int i = 0; i < 2; ++i) asio::co_spawn(executor, run_one(line, i), asio::detached);
  // A third gives up in the line, and takes no turn with it.
  auto gave_up = co_await io::with_deadline(take_one(line, 99), Duration(5), "a turn");
  EXPECT_EQ(gave_up.error().code, Code::timed_out);
  for (int i = 2; i < 6; ++i) asio::co_spawn(executor, run_one(line, i), asio::detached);
  line->may_end = true;
  line->go_on.notify_all();
}

}  // namespace

TEST(AsyncSemaphore, AreGivenInOrderAndNeverMoreThanSoManyAtOnce) {
  std::shared_ptr<Line> line;
  deployctl::testing::run_async(let_all_go(line));
  EXPECT_EQ(line->had, (std::vector<int>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(line->most, 2);
  EXPECT_EQ(line->now, 0);
}
