#include "core/fleet/routes/striped_connections.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/deadline.hpp"
#include "core/link/payload_index.hpp"

namespace deployctl::fleet::detail {
namespace {

// The stages that wait for an upload have deadlines of their own.
constexpr Duration longest_carry{std::chrono::hours(2)};
constexpr std::uint64_t under_way = 2 * 1024 * 1024;  // in flight on one channel, limited by sshd's window
constexpr std::uint64_t fat_link = 125'000'000;       // bytes per second
constexpr unsigned round_trips_of_login = 8;          // five, and the computing time of both hosts
constexpr unsigned min_round_trips = 5;
// Lanes beside the first session: at first, at most, and per increase. sshd drops logins beyond ten at once.
constexpr unsigned initial_window = 7, most = 15, more = 4;
constexpr Duration rate_interval{std::chrono::seconds(2)};
// Rekeying with libssh2 can hang; sshd starts it at 64 GiB at the earliest.
constexpr std::uint64_t worn = 30ULL << 30;

double seconds(Duration d) { return static_cast<double>(d.count()) / 1000.0; }

awaitable<Status> outcome_of(std::shared_ptr<Upload> carry) {
  while (!carry->outcome) co_await carry->changed.wait();
  co_return Status{};
}

}  // namespace

link::Call Upload::call(const Link& on) const {
  link::Call call;
  const auto& login = on->login();
  const Duration round_trip = login.round_trip.count() > 0 ? login.round_trip : login.took / min_round_trips;
  call.request.mutable_carry()->set_round_trip_ms(static_cast<std::uint32_t>(round_trip.count()));
  for (const auto piece : pieces) call.request.mutable_carry()->add_pieces(piece);
  *call.request.mutable_carry()->mutable_index() = link::to_message(chunks->index());
  call.chunks = chunks;
  call.deadline = longest_carry;
  return call;
}

void Upload::end(Status how) {
  if (!outcome) outcome = std::move(how);
  changed.notify_all();
}

unsigned lanes_for(std::uint64_t bytes, Duration login) {
  const double round_trip = seconds(login) / round_trips_of_login;
  const auto of_link = static_cast<unsigned>(std::min(100.0, fat_link * round_trip / under_way));
  const auto of_payload = static_cast<unsigned>(std::min<std::uint64_t>(100, bytes / (4 * under_way)));
  return bytes < round_trips_of_login * under_way ? 0 : std::min({of_link, of_payload, initial_window});
}

void StripedConnections::help(Link first, std::shared_ptr<Upload> carry) {
  if (first->peer().instance().empty()) return;
  const unsigned lanes = std::max(min_, lanes_for(carry->chunks->index().total(), first->login().took));
  begin(0, lanes, first, carry);
  if (lanes > 0) asio::co_spawn(executor_, grow(shared_from_this(), lanes, first, carry), asio::detached);
}

void StripedConnections::make_up_to(unsigned lanes) {
  while (lanes_.size() < lanes) lanes_.push_back(make_());
}

awaitable<void> StripedConnections::prefetch_payload(std::shared_ptr<StripedConnections> self,
                                                     std::shared_ptr<LinkSession> first,
                                                     std::shared_ptr<payload::ChunkSource> chunks) {
  self->make_up_to(1);
  const auto lane = self->lanes_.front();
  (void)co_await lane->open();
  const auto link = co_await first->open();
  if (!link || (*link)->peer().instance().empty()) co_return;
  auto carry = std::make_shared<Upload>(self->executor_, std::move(chunks));
  co_await help_on(lane, *link, std::move(carry));
}

void StripedConnections::begin(unsigned from, unsigned to, const Link& first, const std::shared_ptr<Upload>& carry) {
  make_up_to(to);
  for (unsigned i = from; i < to; ++i) asio::co_spawn(executor_, help_on(lanes_[i], first, carry), asio::detached);
}

awaitable<void> StripedConnections::help_on(std::shared_ptr<LinkSession> lane, Link first,
                                            std::shared_ptr<Upload> carry) {
  if (lane->alive() && lane->link()->sent() > worn) lane->close();
  auto link = co_await lane->open();
  if (!link || carry->outcome || first->closed()) co_return;
  if ((*link)->peer().instance() != first->peer().instance()) co_return;  // it would upload to another relay process
  auto reply = co_await (*link)->call(carry->call(*link));
  if (reply) carry->end(Status{});
}

// While much is left, adds lanes as long as the previous increase raised the rate by at least 10%.
awaitable<void> StripedConnections::grow(std::shared_ptr<StripedConnections> self, unsigned lanes, Link first,
                                         std::shared_ptr<Upload> carry) {
  const auto moved = [&] { return first->sent() + self->sent(); };
  const std::uint64_t total = carry->chunks->index().total(), begun = moved();
  double rate_before = 0;
  for (std::uint64_t last = begun;;) {
    (void)co_await io::with_deadline(outcome_of(carry), rate_interval, "carry");
    if (carry->outcome || lanes >= most) co_return;
    const auto now = moved();
    const double rate = static_cast<double>(now - last) / seconds(rate_interval);
    const double left = static_cast<double>(total) - static_cast<double>(now - begun);
    last = now;
    if (left < 3 * seconds(rate_interval) * rate) co_return;
    if (rate < 1.1 * rate_before) co_return;
    rate_before = rate;
    self->begin(lanes, std::min(lanes + more, most), first, carry);
    lanes = std::min(lanes + more, most);
  }
}

std::uint64_t StripedConnections::sent() const {
  std::uint64_t bytes = 0;
  for (const auto& lane : lanes_) bytes += lane->sent();
  return bytes;
}

void StripedConnections::close() {
  for (const auto& lane : lanes_) lane->close();
}

}  // namespace deployctl::fleet::detail
