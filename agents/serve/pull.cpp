#include <map>

#include "agents/serve/session.hpp"

namespace deployctl::serve {
namespace {

Status check(const payload::Index& index, const Chunk& chunk) {
  if (chunk.number >= index.count()) return fail(Code::verification, "a chunk that the payload does not have");
  if (chunk.bytes.size() == index.lengths[chunk.number] && sha256(chunk.bytes) == index.digests[chunk.number])
    return {};
  return fail(Code::verification, "chunk " + std::to_string(chunk.number) + " is not what the payload's index says");
}

}  // namespace

awaitable<Status> pull(Exchange& exchange, const payload::Index& index, std::uint32_t outstanding,
                       std::function<awaitable<Status>(std::uint32_t number, Bytes chunk)> sink) {
  std::uint32_t asked = 0, given = 0;
  std::map<std::uint32_t, Bytes> early;  // arrived before their turn
  while (given < index.count()) {
    const auto more = std::min(index.count() - asked, given + outstanding - asked);
    if (more > 0) {
      DEPLOYCTL_CO_CHECK(co_await exchange.want(asked, more));
      asked += more;
    }
    DEPLOYCTL_CO_TRY(chunk, co_await exchange.next_chunk());
    DEPLOYCTL_CO_CHECK(check(index, chunk));
    if (chunk.number < given || !early.emplace(chunk.number, std::move(chunk.bytes)).second)
      co_return fail(Code::invalid, "a chunk came twice");
    for (auto at = early.find(given); at != early.end(); at = early.find(given)) {
      Bytes bytes = std::move(at->second);
      early.erase(at);
      DEPLOYCTL_CO_CHECK(co_await sink(given, std::move(bytes)));
      ++given;
    }
  }
  co_return Status{};
}

}  // namespace deployctl::serve
