// Runs several awaitables concurrently on the caller's executor (one strand) and waits for all of them. The first
// exception is rethrown once all have ended. gather() itself can't be cancelled: give the pieces a deadline or a token.
//
//   std::vector<asio::awaitable<void>> work;
//   for (auto& target : targets) work.push_back(survey(target));
//   co_await io::gather(std::move(work));
#pragma once

#include <asio/awaitable.hpp>
#include <vector>

namespace deployctl::io {

asio::awaitable<void> gather(std::vector<asio::awaitable<void>> work);

}  // namespace deployctl::io
