#include "agents/relay/cache/receive_payload.hpp"

#include "agents/relay/cache/pull_window.hpp"
#include "core/io/deadline.hpp"

namespace deployctl::relay {
namespace {

// Requests chunks that no other connection has requested, a run of consecutive numbers at a time.
awaitable<Status> ask(CachedPayload::Fill& filling, PullWindow& window, serve::Exchange& exchange) {
  const auto cancelled = exchange.cancelled();
  std::uint32_t first = 0, count = 0;
  const auto room = [&] {
    const auto next = filling.next_length();
    const auto most = window.bytes(next, filling.fillers(), filling.share());
    return !filling.pending() || filling.owed_bytes() + next <= most;
  };
  while (room()) {
    const auto number = co_await filling.next();
    if (cancelled.cancelled()) co_return fail(Code::cancelled, "the payload's way to the relay was given up");
    if (!number) break;
    window.asked(*number, io::now_steady());
    if (count > 0 && *number != first + count) {
      DEPLOYCTL_CO_CHECK(co_await exchange.want(first, count));
      count = 0;
    }
    if (count++ == 0) first = *number;
  }
  if (count > 0) {
    DEPLOYCTL_CO_CHECK(co_await exchange.want(first, count));
  }
  co_return Status{};
}

awaitable<Status> fill(std::shared_ptr<CachedPayload> payload, CachedPayload::Fill& filling, serve::Exchange& exchange,
                       PullWindow window) {
  for (;;) {
    DEPLOYCTL_CO_CHECK(co_await ask(filling, window, exchange));
    if (filling.pending()) {
      DEPLOYCTL_CO_TRY(chunk, co_await exchange.next_chunk());
      window.came(chunk.number, chunk.bytes.size(), io::now_steady());
      DEPLOYCTL_CO_CHECK(co_await filling.put(chunk.number, std::move(chunk.bytes)));
    } else if (payload->whole()) {
      co_return Status{};
    } else {  // other connections carry the rest; one that fails gives its chunks back
      DEPLOYCTL_CO_CHECK(co_await io::with_cancel(payload->change(), exchange.cancelled(), "carry"));
    }
  }
}

}  // namespace

awaitable<Status> carry(std::shared_ptr<CachedPayload> payload, serve::Exchange& exchange, Duration round_trip,
                        FindPieces pieces) {
  CachedPayload::Fill filling(payload);
  // Held, so that making room for the whole payload does not remove them.
  std::vector<std::shared_ptr<CachedPayload>> found;
  if (pieces) found = co_await pieces();
  auto how = co_await payload->open(ChunkFile::Missing::make);
  if (how) co_await payload->take_over(std::move(found));
  if (how) how = co_await fill(payload, filling, exchange, PullWindow(round_trip));
  filling.end(how);
  co_return how;
}

}  // namespace deployctl::relay
