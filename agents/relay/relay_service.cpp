#include "agents/relay/relay_service.hpp"

#include "agents/relay/cache/receive_payload.hpp"
#include "agents/relay/sessions/forwarding.hpp"
#include "core/link/payload_index.hpp"

namespace deployctl::relay {
namespace {

constexpr std::uint32_t longest_round_trip_ms = 10'000;  // upper bound for what the caller claims

protocol::pb::Reply done() {
  protocol::pb::Reply reply;
  reply.mutable_done();
  return reply;
}

}  // namespace

RelayShared::RelayShared(asio::any_io_executor executor, Dialer dialer, RelayOptions options)
    : targets(executor, std::move(dialer), options.logins_at_once),
      cache(executor, std::move(options.cache_folder), options.cache),
      feeding(executor, options.feeding) {
  if (options.desires_folder.empty()) return;
  catching_up = std::make_shared<Reconciler>(executor, targets, cache, options.desires_folder);
  catching_up->start();
}

awaitable<Result<protocol::pb::Reply>> RelayService::serve(protocol::pb::Request request, serve::Exchange& exchange) {
  if (request.has_attach_first()) co_return co_await attach_and_pass_on(std::move(request), exchange);
  if (request.has_detach()) {
    shared_->targets.detach(request.target());
    co_return done();
  }
  if (request.target() != 0) co_return co_await pass_on(std::move(request), exchange);
  if (request.has_attach()) co_return co_await attach(request.attach(), exchange);
  if (request.has_carry()) co_return co_await take_in(request.carry(), exchange);
  if (request.has_desire() || request.has_withdraw() || request.has_list_desires())
    co_return co_await keep_desired_state(std::move(request));
  co_return fail(Code::unsupported, std::string("a relay has no '") + protocol::name_of(request) + "' of its own");
}

awaitable<Result<protocol::pb::Reply>> RelayService::attach(protocol::pb::Attach request, serve::Exchange& exchange) {
  DEPLOYCTL_CO_TRY(attached, co_await shared_->targets.attach(std::move(request), exchange.cancelled()));
  protocol::pb::Reply reply;
  *reply.mutable_attached() = std::move(attached);
  co_return reply;
}

awaitable<Result<protocol::pb::Reply>> RelayService::attach_and_pass_on(protocol::pb::Request request,
                                                                        serve::Exchange& exchange) {
  if (request.target() != 0) co_return fail(Code::invalid, "a request with a target's number and an attach as well");
  auto asked = std::move(*request.mutable_attach_first());
  DEPLOYCTL_CO_TRY(attached, co_await shared_->targets.attach(std::move(asked), exchange.cancelled()));
  request.clear_attach_first();
  request.set_target(attached.target());
  protocol::pb::Event event;
  *event.mutable_attached() = std::move(attached);
  DEPLOYCTL_CO_CHECK(co_await exchange.emit(event));
  co_return co_await pass_on(std::move(request), exchange);
}

awaitable<Result<protocol::pb::Reply>> RelayService::keep_desired_state(protocol::pb::Request request) {
  if (!shared_->catching_up)
    co_return fail(Code::unsupported, "this relay lives for one session and can't see to anything later");
  protocol::pb::Reply reply = done();
  if (request.has_desire()) {
    DEPLOYCTL_CO_CHECK(shared_->catching_up->put(std::move(*request.mutable_desire())));
  } else if (request.has_withdraw()) {
    DEPLOYCTL_CO_CHECK(co_await shared_->catching_up->withdraw(request.withdraw().place()));
  } else {
    for (auto& desire : shared_->catching_up->of(request.list_desires().place()))
      *reply.mutable_desires()->add_desires() = std::move(desire);
  }
  co_return reply;
}

namespace {

// Adds a command to run on the relay. Inodes can run out while gigabytes are free.
Error explained(Error e) {
  if (e.code == Code::no_space)
    return with_hint(std::move(e),
                     "on the relay: df -h ~/.cache and df -i ~/.cache show whether space or inodes have run out; "
                     "remove what is not needed there");
  if (e.code == Code::denied && e.hint.empty())
    return with_hint(
        std::move(e),
        "on the relay: ls -ld ~/.cache ~/.cache/deployctl; the user that deploys must be able to write there");
  return e;
}

}  // namespace

awaitable<Result<protocol::pb::Reply>> RelayService::take_in(protocol::pb::Carry request, serve::Exchange& exchange) {
  DEPLOYCTL_CO_TRY(index, link::to_index(request.index()));
  const Duration round_trip(std::min(request.round_trip_ms(), longest_round_trip_ms));
  FindPieces pieces = [this, index, request] { return pieces_of(index, request); };
  auto carried = co_await carry(shared_->cache.payload(index), exchange, round_trip, std::move(pieces));
  if (!carried && carried.error().code == Code::no_space) {
    shared_->cache.forget_unused();
    carried = co_await carry(shared_->cache.payload(index), exchange, round_trip);
  }
  if (!carried) co_return fail(explained(carried.error()));
  co_return done();
}

// The pieces that are present or arriving, up to the first that is not.
awaitable<std::vector<std::shared_ptr<CachedPayload>>> RelayService::pieces_of(payload::Index whole,
                                                                               protocol::pb::Carry request) {
  std::vector<std::shared_ptr<CachedPayload>> out;
  std::size_t at = 0;
  for (const auto count : request.pieces()) {
    if (count == 0 || count == whole.count() || at + count > whole.count()) break;  // the payload would wait for itself
    payload::Index piece;
    piece.lengths.assign(whole.lengths.begin() + static_cast<std::ptrdiff_t>(at),
                         whole.lengths.begin() + static_cast<std::ptrdiff_t>(at + count));
    piece.digests.assign(whole.digests.begin() + static_cast<std::ptrdiff_t>(at),
                         whole.digests.begin() + static_cast<std::ptrdiff_t>(at + count));
    at += count;
    auto found = co_await shared_->cache.find(std::move(piece));
    if (!found) break;
    out.push_back(std::move(*found));
  }
  co_return out;
}

// Either given in full, or named by the digest of a payload that was or is being carried here.
Result<payload::Index> RelayService::index_of(const protocol::pb::Stage& stage) const {
  if (stage.payload().empty()) return link::to_index(stage.index());
  DEPLOYCTL_TRY(digest, Digest::from_raw(stage.payload()));
  return shared_->cache.index(digest);
}

awaitable<Result<std::shared_ptr<link::AgentLink>>> RelayService::target_of(const protocol::pb::Request& request,
                                                                            serve::Exchange& exchange) {
  if (!request.fresh_login()) co_return shared_->targets.find(request.target());
  DEPLOYCTL_CO_TRY(found, co_await shared_->targets.find_fresh(request.target(), exchange.cancelled()));
  if (found.kept) {
    protocol::pb::Event event;
    *event.mutable_kept_login()->mutable_why() = protocol::to_abort(*found.kept);
    DEPLOYCTL_CO_CHECK(co_await exchange.emit(event));
  }
  co_return std::move(found.link);
}

awaitable<Result<protocol::pb::Reply>> RelayService::pass_on(protocol::pb::Request request, serve::Exchange& exchange) {
  if (request.has_attach() || request.has_carry())
    co_return fail(Code::unsupported, std::string("a target has no '") + protocol::name_of(request) + "'");
  DEPLOYCTL_CO_TRY(target, co_await target_of(request, exchange));
  request.clear_fresh_login();
  std::shared_ptr<payload::ChunkSource> chunks;
  if (request.has_stage()) {
    DEPLOYCTL_CO_TRY(index, index_of(request.stage()));
    DEPLOYCTL_CO_TRY(payload, co_await shared_->cache.find(std::move(index)));
    auto& stage = *request.mutable_stage();
    *stage.mutable_index() = link::to_message(payload->index());
    stage.clear_payload();
    chunks = shared_->feeding.seated(payload);
  }
  co_return co_await forward(target, std::move(request), std::move(chunks), exchange);
}

awaitable<void> RelayService::ended() {
  if (callers_ == Callers::one) shared_->close();
  co_return;
}

}  // namespace deployctl::relay
