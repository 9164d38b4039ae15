// What an agent session that was begun ahead is good for, by what its host said.
#include "core/remote/prewarmed_session.hpp"

#include <gtest/gtest.h>

#include <asio/this_coro.hpp>

#include "core/io/deadline.hpp"
#include "core/io/stream_pair.hpp"
#include "core/protocol/frame.hpp"
#include "tests/support/run_async.hpp"

using namespace deployctl;
using asio::awaitable;
using deployctl::testing::run_async;
using remote::detail::PrewarmedSession;

namespace {

// Now, and an hour later without a word.
struct Seen {
  bool fresh, useless, fresh_later, silent_later;
};

// Once `until` holds.
awaitable<Seen> after(std::string words, bool (*until)(const PrewarmedSession&)) {
  auto pair = io::make_stream_pair(co_await asio::this_coro::executor).value();
  const auto session = PrewarmedSession::start(std::move(pair.first), nullptr);
  (void)co_await pair.second->write(as_bytes(words));
  if (words.empty()) pair.second->close();
  while (!until(*session)) co_await io::sleep_for(Duration(1));
  const Duration later = PrewarmedSession::boot_time() + std::chrono::hours(1);
  const Seen seen{session->fresh(), session->useless(), session->fresh(later), session->went_silent(later)};
  session->close();
  co_return seen;
}

bool is_fresh(const PrewarmedSession& session) { return session.fresh(); }
bool is_useless(const PrewarmedSession& session) { return session.useless(); }

}  // namespace

TEST(PrewarmedSession, WhoseAgentAnsweredIsFreshUntilItIsSilent) {
  const auto seen = run_async(after("motd\n" + std::string(protocol::magic), is_fresh));
  EXPECT_FALSE(seen.useless);
  EXPECT_FALSE(seen.fresh_later);
  EXPECT_TRUE(seen.silent_later);
}

TEST(PrewarmedSession, OfAHostWithoutTheAgentIsGoodForNobodyAndSaysNothingOfTheWay) {
  const auto seen = run_async(after("motd\n" + std::string(protocol::missing_magic) + "x86_64\n", is_useless));
  EXPECT_FALSE(seen.fresh);
  EXPECT_FALSE(seen.silent_later);
}

TEST(PrewarmedSession, ThatEndedIsGoodForNobody) {
  const auto seen = run_async(after("", is_useless));
  EXPECT_FALSE(seen.fresh);
  EXPECT_FALSE(seen.silent_later);
}
