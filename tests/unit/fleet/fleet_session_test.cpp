// A login that breaks off midway is tried once more; one that is refused is not.
#include "core/fleet/routes/fleet_session.hpp"

#include <gtest/gtest.h>

#include <asio/this_coro.hpp>

#include "tests/support/run_async.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using fleet::detail::LinkSession;

namespace {

// How many logins an open() takes where each ends like this; the login itself is not what this is about.
unsigned logins_until_given_up(Code code) {
  unsigned logins = 0;
  const auto open_twice = [](unsigned& count, Code wrong) -> asio::awaitable<void> {
    LinkSession::LogIn log_in = [&count, wrong]() -> asio::awaitable<Result<fleet::detail::Link>> {
      ++count;
      co_return fail(wrong, "as the test says");
    };
    const auto session =
        std::make_shared<LinkSession>(co_await asio::this_coro::executor, std::move(log_in), io::CancelToken());
    for (int again = 0; again < 2; ++again) {
      const auto opened = co_await session->open();
      EXPECT_TRUE(!opened && opened.error().code == wrong);
    }
  };
  run_async(open_twice(logins, code));
  return logins;
}

}  // namespace

TEST(LinkSession, ALoginThatBreaksOffIsTriedOnceMore) { EXPECT_EQ(logins_until_given_up(Code::disconnected), 2u); }

TEST(LinkSession, ALoginThatIsRefusedIsLeftAloneForAWhile) {
  EXPECT_EQ(logins_until_given_up(Code::unreachable), 1u);
  EXPECT_EQ(logins_until_given_up(Code::authentication), 1u);
}
