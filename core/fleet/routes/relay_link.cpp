#include "core/fleet/routes/relay_link.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/deadline.hpp"

namespace deployctl::fleet::detail {
namespace {

// A login costs about 4 KB; below 1 MiB that exceeds 0.4%.
constexpr std::uint64_t worth_a_login = 1024 * 1024;

}  // namespace

awaitable<Result<Link>> Relay::open() {
  auto opened = co_await session_->open();
  if (opened) co_return opened;
  Error why = opened.error();
  if (!why.context.empty() && why.context.back() == host_) why.context.pop_back();  // avoids naming the relay twice
  co_return fail(with_context(std::move(why), name()));
}

awaitable<std::shared_ptr<Upload>> Relay::carry(Link link, std::shared_ptr<payload::ChunkSource> chunks) {
  const auto self = shared_from_this();
  carry_on(link);
  auto& entry = carries_[chunks->index().digest()];
  const bool failed = entry && entry->outcome && !*entry->outcome;
  if (!entry || failed) {
    entry = std::make_shared<Upload>(executor_, chunks);
    entry->pieces = pieces_of(chunks->index());
    asio::co_spawn(executor_, run_carry(self, entry, link), asio::detached);
    lanes_->help(link, entry);
  }
  const auto carry = entry;
  while (!carry->asked) co_await carry->changed.wait();
  co_return carry;
}

awaitable<Status> Relay::carried(Link link, std::shared_ptr<payload::ChunkSource> chunks) {
  const auto carry = co_await this->carry(link, std::move(chunks));
  while (!carry->outcome) co_await carry->changed.wait();
  co_return *carry->outcome;
}

void Relay::prefetch_payload(std::shared_ptr<payload::ChunkSource> chunks) {
  if (!ahead_.insert(chunks->index().digest()).second) return;
  if (chunks->index().total() < worth_a_login)
    asio::co_spawn(executor_, carry_small(shared_from_this(), std::move(chunks)), asio::detached);
  else
    asio::co_spawn(executor_, StripedConnections::prefetch_payload(lanes_, session_, std::move(chunks)),
                   asio::detached);
}

void Relay::carry_piece(std::shared_ptr<payload::ChunkSource> piece) {
  const auto link = session_->link();
  if (!link || link->closed()) return;
  carry_on(link);
  pieces_.push_back(piece->index());
  asio::co_spawn(executor_, carry_small(shared_from_this(), std::move(piece)), asio::detached);
}

void Relay::carry_on(const Link& link) {
  if (carried_on_ == link) return;
  carries_.clear();
  pieces_.clear();
  carried_on_ = link;
}

std::vector<std::uint32_t> Relay::pieces_of(const payload::Index& whole) const {
  std::vector<std::uint32_t> counts;
  std::uint32_t at = 0;
  for (const auto& piece : pieces_) {
    const bool follows = at + piece.count() <= whole.count() &&
                         std::equal(piece.digests.begin(), piece.digests.end(), whole.digests.begin() + at) &&
                         std::equal(piece.lengths.begin(), piece.lengths.end(), whole.lengths.begin() + at);
    if (!follows || piece.count() == whole.count()) continue;
    counts.push_back(piece.count());
    at += piece.count();
  }
  return counts;
}

awaitable<void> Relay::carry_small(std::shared_ptr<Relay> self, std::shared_ptr<payload::ChunkSource> chunks) {
  const auto link = co_await self->session_->open();
  if (link) (void)co_await self->carry(*link, std::move(chunks));
}

awaitable<void> Relay::run_carry(std::shared_ptr<Relay> self, std::shared_ptr<Upload> carry, Link link) {
  carry->asked = true;  // call() queues the request before it waits
  carry->changed.notify_all();
  const auto begun = io::now_steady();
  const auto before = self->sent();
  auto reply = co_await link->call(carry->call(link));
  self->measure(self->sent() - before, io::now_steady() - begun);
  if (reply)
    carry->end(Status{});
  else
    carry->end(fail(self->annotate_error(link, reply.error(), {})));
}

// A small payload measures the round-trip time rather than the rate.
void Relay::measure(std::uint64_t bytes, Duration took) {
  constexpr std::uint64_t large = 4 * 1024 * 1024;
  if (bytes >= large && took.count() > 0) rate_ = bytes * 1000 / static_cast<std::uint64_t>(took.count());
}

void Relay::forget(const std::shared_ptr<Upload>& carry) {
  if (carry->outcome) std::erase_if(carries_, [&](const auto& entry) { return entry.second == carry; });
}

bool Relay::claim_number(const Link& link, std::uint32_t number, const std::string& endpoint) {
  if (std::exchange(numbered_on_, link) != link) numbers_.clear();
  return number != 0 && numbers_.emplace(number, endpoint).first->second == endpoint;
}

Error Relay::annotate_error(const Link& link, Error error, const std::string& target) const {
  if (!error.context.empty() && error.context.back() == link->name()) error.context.pop_back();
  const bool targets_own = std::find(error.context.begin(), error.context.end(), target) != error.context.end();
  if (link->closed() || !targets_own) error.context.push_back(name());
  return error;
}

}  // namespace deployctl::fleet::detail
