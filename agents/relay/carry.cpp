#include "agents/relay/carry.hpp"

#include "core/io/deadline.hpp"

namespace deployctl::relay {
namespace {

// 8 MiB: 50 MB/s at a round trip of 150 ms, four times what one SSH channel lets through there.
constexpr std::size_t window = 8;

struct Intake {
  std::shared_ptr<CachedPayload> payload;
  serve::Exchange& exchange;
  std::uint32_t next = 0;        // below it: here, or asked for
  std::set<std::uint32_t> owed;  // asked for, not here yet

  std::uint32_t count() const { return payload->index().count(); }
  bool room() const { return next < count() && owed.size() < window; }
  awaitable<Status> ask();
  awaitable<Status> take();
};

// Runs of missing chunks, as far as the window goes.
awaitable<Status> Intake::ask() {
  const auto cancelled = exchange.cancelled();
  std::uint32_t first = next;
  while (room()) {
    const bool here = co_await payload->holds(next);
    if (cancelled.cancelled()) co_return fail(Code::cancelled, "the payload's way to the relay was given up");
    if (!here) owed.insert(next);
    if (here && first < next) {
      DEPLOYCTL_CO_CHECK(co_await exchange.want(first, next - first));
    }
    ++next;
    if (here) first = next;
  }
  if (first < next) {
    DEPLOYCTL_CO_CHECK(co_await exchange.want(first, next - first));
  }
  co_return Status{};
}

awaitable<Status> Intake::take() {
  DEPLOYCTL_CO_TRY(chunk, co_await exchange.next_chunk());
  if (owed.erase(chunk.number) == 0) co_return fail(Code::invalid, "a chunk came that was not asked for");
  co_return co_await payload->put(chunk.number, std::move(chunk.bytes));
}

awaitable<Status> fill(std::shared_ptr<CachedPayload> payload, serve::Exchange& exchange) {
  DEPLOYCTL_CO_CHECK(co_await payload->open(ChunkFile::Missing::make));
  Intake intake{payload, exchange, 0, {}};
  while (intake.next < intake.count() || !intake.owed.empty()) {
    DEPLOYCTL_CO_CHECK(co_await intake.ask());
    if (!intake.owed.empty()) {
      DEPLOYCTL_CO_CHECK(co_await intake.take());
    }
  }
  co_return Status{};
}

}  // namespace

awaitable<Status> carry(std::shared_ptr<CachedPayload> payload, serve::Exchange& exchange) {
  while (payload->filling()) {
    DEPLOYCTL_CO_CHECK(co_await io::with_cancel(payload->wait_to_fill(), exchange.cancelled(), "carry"));
  }
  CachedPayload::Filling filling(payload);
  auto how = co_await fill(payload, exchange);
  filling.end(how);
  co_return how;
}

}  // namespace deployctl::relay
