#include "core/rollout/fleet_links.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/deadline.hpp"
#include "core/io/gather.hpp"
#include "core/io/turns.hpp"
#include "core/rollout/fleet_links_relay.hpp"
#include "core/rollout/fleet_links_rider.hpp"

namespace deployctl::rollout {
namespace {

using asio::awaitable;
using detail::Link;
using detail::LinkSession;
using detail::Relay;
using detail::Rider;

constexpr unsigned direct_logins = 64;  // at once, from here
constexpr Duration for_installing{std::chrono::seconds(60)};

// A way to a target that is being found; whoever asks meanwhile waits for it.
struct Search {
  Search(const asio::any_io_executor& executor, std::shared_ptr<Rider> r) : changed(executor), rider(std::move(r)) {}
  io::Notifier changed;
  std::shared_ptr<Rider> rider;  // may be null
  std::optional<Status> outcome;
};

struct Reached {
  model::Target target;
  std::vector<std::shared_ptr<Relay>> relays;  // of its region, its own first
  std::shared_ptr<Search> search;
  std::shared_ptr<Relay> via;           // null: direct
  Link link;                            // to the relay, or to the target itself
  std::uint32_t number = 0;             // behind the relay
  std::string agent;                    // as its hello named it
  std::shared_ptr<LinkSession> direct;  // made when first needed

  bool open() const { return link && !link->closed(); }
  const std::string name() const { return target.name(); }
};

struct RegionRelay {
  std::string region;
  std::shared_ptr<Relay> relay;
};

bool lost(const Error& error) { return error.code == Code::disconnected; }

}  // namespace

struct FleetLinks::State : std::enable_shared_from_this<FleetLinks::State> {
  State(asio::any_io_executor e, FleetLinksOptions o)
      : executor(e), options(std::move(o)), logins(e, direct_logins), known_hosts(load(options.known_hosts)) {
    if (!options.open_agent) options.open_agent = remote::open_agent;
  }
  static Result<ssh::KnownHosts> load(const std::string& path) {
    if (path.empty()) return ssh::KnownHosts{};
    return ssh::KnownHosts::load(path);
  }
  void add(const model::Region& region);
  detail::Lanes::MakeSession sessions_to(model::Endpoint endpoint, std::string role);

  static awaitable<Result<Link>> log_in(std::weak_ptr<State> weak, model::Endpoint endpoint, std::string role, unsigned lane);
  static awaitable<void> find_way(std::shared_ptr<State> self, std::size_t target, std::shared_ptr<Search> search);
  awaitable<Status> reach(Reached& target, std::shared_ptr<Rider> rider);
  wire::pb::Attach attach_of(const Reached& target) const;
  std::vector<Link> keepers() const;
  awaitable<Status> attach(Reached& target, std::shared_ptr<Relay> relay, Link link, std::shared_ptr<Rider> rider);
  awaitable<Status> reach_directly(Reached& target);
  awaitable<Status> open(std::size_t target, std::shared_ptr<Rider> rider = {});
  static awaitable<Result<wire::pb::Reply>> call_once(Reached& target, link::Call call, std::shared_ptr<Rider> rider);
  static awaitable<Result<wire::pb::Reply>> stage(Reached& target, link::Call call);

  asio::any_io_executor executor;
  FleetLinksOptions options;
  io::Turns logins;
  Result<ssh::KnownHosts> known_hosts;
  io::CancelToken ending;
  std::vector<Reached> targets;
  std::vector<RegionRelay> relays;
};

void FleetLinks::State::add(const model::Region& region) {
  std::vector<std::shared_ptr<Relay>> own;
  for (const auto& endpoint : region.relays) {
    own.push_back(std::make_shared<Relay>(executor, endpoint.name(), sessions_to(endpoint, "relay"),
                                          options.least_lanes));
    relays.push_back({region.name, own.back()});
  }
  for (std::size_t i = 0; i < region.targets.size(); ++i) {
    Reached reached;
    reached.target = region.targets[i];
    for (std::size_t k = 0; k < own.size(); ++k) reached.relays.push_back(own[(i + k) % own.size()]);
    targets.push_back(std::move(reached));
  }
}

detail::Lanes::MakeSession FleetLinks::State::sessions_to(model::Endpoint endpoint, std::string role) {
  const std::weak_ptr<State> weak = weak_from_this();
  const auto lanes = std::make_shared<unsigned>(0);
  return [weak, endpoint, role, lanes, e = executor, end = ending] {
    const unsigned lane = (*lanes)++;
    LinkSession::LogIn log = [=] { return log_in(weak, endpoint, role, lane); };
    return std::make_shared<LinkSession>(e, std::move(log), end);
  };
}

awaitable<Result<Link>> FleetLinks::State::log_in(std::weak_ptr<State> weak, model::Endpoint endpoint, std::string role,
                                                    unsigned lane) {
  const auto self = weak.lock();
  if (!self) co_return fail(Code::cancelled, "the links were closed");
  if (!self->known_hosts) co_return fail(self->known_hosts.error());
  ssh::DialOptions dial;
  dial.endpoint = endpoint;
  dial.pins = self->known_hosts->keys_of(endpoint.host, endpoint.port);
  dial.timeout = self->options.login_timeout;
  remote::AgentOptions agent{role, self->options.program, self->options.image, dial.timeout + for_installing, lane};
  const auto turn = co_await self->logins.take();
  co_return co_await self->options.open_agent(self->executor, std::move(dial), std::move(agent));
}

// ---- the way to a target ----

// `rider` goes along unless somebody else is looking for the way already.
awaitable<Status> FleetLinks::State::open(std::size_t number, std::shared_ptr<Rider> rider) {
  const auto self = shared_from_this();
  if (number >= targets.size()) co_return fail(Code::invalid, "the fleet has no target " + std::to_string(number));
  auto& target = targets[number];
  if (ending.cancelled()) co_return fail(Code::cancelled, "the links were closed");
  if (target.open()) co_return Status{};
  if (!target.search) {
    target.search = std::make_shared<Search>(executor, std::move(rider));
    asio::co_spawn(executor, find_way(self, number, target.search), asio::detached);
  }
  const auto search = target.search;
  while (!search->outcome) co_await search->changed.wait();
  co_return *search->outcome;
}

awaitable<void> FleetLinks::State::find_way(std::shared_ptr<State> self, std::size_t number, std::shared_ptr<Search> search) {
  auto& target = self->targets[number];
  search->outcome = co_await io::with_cancel(self->reach(target, search->rider), self->ending, "open " + target.name());
  target.search.reset();
  search->changed.notify_all();
}

awaitable<Status> FleetLinks::State::reach(Reached& target, std::shared_ptr<Rider> rider) {
  target.link.reset();
  if (target.relays.empty()) co_return co_await reach_directly(target);
  std::string reasons, hint;
  for (const auto& relay : target.relays) {
    Status attached;
    for (bool again = false;; again = true) {
      auto link = co_await relay->open();
      if (!link) attached = fail(link.error());
      else attached = co_await attach(target, relay, *link, rider);
      if (attached) co_return Status{};
      if (!link) break;
      if (!(*link)->closed()) co_return attached;  // the relay answered: it is the target that can't be reached
      if (again) break;                            // it died meanwhile, and the next one too
    }
    reasons += (reasons.empty() ? "" : "; ") + attached.error().text();
    if (hint.empty()) hint = attached.error().hint;
  }
  if (target.target.direct_identity_file) co_return co_await reach_directly(target);
  auto none = error(Code::unreachable, "no relay answers: " + reasons);
  co_return fail(with_hint(with_context(std::move(none), target.name()), hint));
}

wire::pb::Attach FleetLinks::State::attach_of(const Reached& target) const {
  const auto& endpoint = target.target.endpoint;
  wire::pb::Attach attach;
  attach.set_host(endpoint.host);
  attach.set_port(endpoint.port);
  attach.set_user(endpoint.user);
  attach.set_identity_file(endpoint.identity_file);
  for (const auto& key : known_hosts->keys_of(endpoint.host, endpoint.port)) {
    auto& pin = *attach.add_host_keys();
    pin.set_type(key.type);
    pin.set_blob(key.blob);
  }
  attach.set_timeout_ms(static_cast<std::uint64_t>((options.login_timeout + for_installing).count()));
  return attach;
}

awaitable<Status> FleetLinks::State::attach(Reached& target, std::shared_ptr<Relay> relay, Link link,
                                            std::shared_ptr<Rider> rider) {
  if (!known_hosts) co_return fail(known_hosts.error());
  auto attached = co_await detail::attach(link, attach_of(target), std::move(rider));
  if (!attached) co_return fail(relay->told(link, attached.error(), {}));
  target.via = relay;
  target.link = link;
  target.number = attached->target();
  target.agent = attached->hello().program();
  co_return Status{};
}

awaitable<Status> FleetLinks::State::reach_directly(Reached& target) {
  if (!target.direct) {
    auto endpoint = target.target.endpoint;
    if (!target.relays.empty()) endpoint.identity_file = *target.target.direct_identity_file;
    target.direct = sessions_to(std::move(endpoint), "target")();
  }
  const auto direct = target.direct;
  DEPLOYCTL_CO_TRY(link, co_await direct->open());
  target.via.reset();
  target.link = link;
  target.number = 0;
  target.agent = link->peer().program();
  co_return Status{};
}

// ---- requests ----

awaitable<Result<wire::pb::Reply>> FleetLinks::State::call_once(Reached& target, link::Call call,
                                                                std::shared_ptr<Rider> rider) {
  const auto link = target.link;
  const auto relay = target.via;
  call.request.set_target(target.number);
  if (!relay) co_return co_await link->call(std::move(call));
  if (call.request.has_stage() && call.chunks) co_return co_await stage(target, std::move(call));
  auto work = rider && rider->went() ? rider->reply() : link->call(std::move(call));
  auto reply = co_await std::move(work);
  if (!reply) co_return fail(relay->told(link, reply.error(), target.name()));
  co_return reply;
}

// The relay has the chunks, or gets them meanwhile; when it can't, that is why the stage failed. A relay forgets payloads that
// nobody uses: one that was there is then carried again, which costs little while its chunks are on the relay's disk.
awaitable<Result<wire::pb::Reply>> FleetLinks::State::stage(Reached& target, link::Call call) {
  const auto link = target.link;
  const auto relay = target.via;
  const auto chunks = std::exchange(call.chunks, nullptr);
  // The relay knows the index; named by its digest it costs the same for one target and for a thousand.
  auto& stage = *call.request.mutable_stage();
  stage.set_payload(chunks->index().digest().raw());
  stage.clear_index();
  for (bool again = false;; again = true) {
    const auto carry = co_await relay->carry(link, chunks);
    link::Call copy = call;
    auto reply = co_await link->call(std::move(copy));
    if (reply) co_return reply;
    const bool was_there = carry->outcome && carry->outcome->has_value();
    relay->forget(carry);
    if (was_there && !again && reply.error().code == Code::absent) continue;
    if (carry->outcome && !*carry->outcome) co_return fail(carry->outcome->error());
    co_return fail(relay->told(link, reply.error(), target.name()));
  }
}

// ---- what regions are to run ----

// Links to relays that keep what is said to them.
std::vector<Link> FleetLinks::State::keepers() const {
  std::vector<Link> found;
  for (const auto& [region, relay] : relays)
    if (const auto link = relay->link(); link && !link->closed() && wire::knows(link->peer(), wire::feature_desires)) found.push_back(link);
  return found;
}

namespace {

awaitable<Result<wire::pb::Reply>> ask_relay(Link link, wire::pb::Request request) {
  link::Call call;
  call.request = std::move(request);
  co_return co_await link->call(std::move(call));
}

awaitable<void> ask_for_desires(Link link, wire::pb::Request request, std::vector<wire::pb::Desire>& into) {
  auto reply = co_await ask_relay(std::move(link), std::move(request));
  if (!reply) co_return;
  for (auto& desire : *reply->mutable_desires()->mutable_desires()) into.push_back(std::move(desire));
}

awaitable<Status> keep_at(std::shared_ptr<Relay> relay, wire::pb::Desire desire, std::vector<std::shared_ptr<Shipment>> payloads) {
  DEPLOYCTL_CO_TRY(link, co_await relay->open());
  if (!wire::knows(link->peer(), wire::feature_desires)) co_return fail(Code::unsupported, relay->name() + " keeps nothing for later");
  for (const auto& payload : payloads) {
    DEPLOYCTL_CO_CHECK(co_await relay->carried(link, payload->chunks));
  }
  wire::pb::Request request;
  *request.mutable_desire() = std::move(desire);
  auto kept = co_await ask_relay(link, std::move(request));
  if (!kept) co_return fail(relay->told(link, kept.error(), {}));
  co_return Status{};
}

awaitable<FleetLinks::RelayStatus> ping(RegionRelay of) {
  FleetLinks::RelayStatus status;
  status.region = of.region;
  status.name = of.relay->name();
  const auto begun = io::now_steady();
  auto link = co_await of.relay->open();
  status.took = io::now_steady() - begun;
  if (link) status.program = (*link)->peer().program();
  else status.error = link.error();
  co_return status;
}

struct Pings {
  explicit Pings(const asio::any_io_executor& executor) : changed(executor) {}
  io::Notifier changed;
  std::vector<FleetLinks::RelayStatus> statuses;
  std::size_t pending = 0;
};

awaitable<void> ping_into(std::shared_ptr<Pings> pings, std::size_t at, RegionRelay of) {
  pings->statuses[at] = co_await ping(of);
  --pings->pending;
  pings->changed.notify_all();
}

awaitable<Result<std::vector<FleetLinks::RelayStatus>>> ping_all(asio::any_io_executor executor, std::vector<RegionRelay> relays) {
  const auto pings = std::make_shared<Pings>(executor);
  pings->statuses.resize(relays.size());
  pings->pending = relays.size();
  for (std::size_t i = 0; i < relays.size(); ++i) asio::co_spawn(executor, ping_into(pings, i, relays[i]), asio::detached);
  while (pings->pending > 0) co_await pings->changed.wait();
  co_return pings->statuses;
}

// The rider of one try, for as long as somebody waits for it.
struct Riding {
  Riding(const asio::any_io_executor& executor, const link::Call& call)
      : rider(Rider::may_ride(call.request) ? std::make_shared<Rider>(executor, call) : nullptr) {}
  ~Riding() {
    if (rider) rider->give_up();
  }
  Riding(const Riding&) = delete;
  Riding& operator=(const Riding&) = delete;
  std::shared_ptr<Rider> rider;
};

awaitable<Result<wire::pb::Reply>> call_target(std::shared_ptr<FleetLinks::State> state, std::size_t number, link::Call call) {
  for (bool again = false;; again = true) {
    const Riding riding(state->executor, call);
    DEPLOYCTL_CO_CHECK(co_await state->open(number, riding.rider));
    auto& target = state->targets[number];
    const auto link = target.link;
    link::Call copy = call;
    auto reply = co_await state->call_once(target, std::move(copy), riding.rider);
    if (reply || !lost(reply.error())) co_return reply;
    // Whether the relay was lost or the target behind it, the next one to ask finds a way anew.
    if (target.link == link) target.link.reset();
    if (again || call.request.has_activate()) co_return reply;
  }
}

}  // namespace

FleetLinks::FleetLinks(asio::any_io_executor executor, const model::Fleet& fleet, FleetLinksOptions options)
    : state_(std::make_shared<State>(std::move(executor), std::move(options))) {
  for (const auto& region : fleet.regions) state_->add(region);
}

FleetLinks::~FleetLinks() { close(); }

awaitable<Status> FleetLinks::open(std::size_t target) { return state_->open(target); }

awaitable<Result<wire::pb::Reply>> FleetLinks::call(std::size_t target, wire::pb::Request request, Duration deadline,
                                                    std::function<void(const wire::pb::Event&)> on_event,
                                                    std::shared_ptr<Shipment> shipment) {
  link::Call call{std::move(request), std::move(on_event), shipment ? shipment->chunks : nullptr, deadline};
  return call_target(state_, target, std::move(call));
}

void FleetLinks::carry_ahead(std::size_t target, std::shared_ptr<Shipment> shipment) {
  if (target >= state_->targets.size() || state_->targets[target].relays.empty()) return;
  state_->targets[target].relays.front()->carry_ahead(shipment->chunks);
}

void FleetLinks::carry_piece(std::size_t target, std::shared_ptr<payload::ChunkSource> piece) {
  if (target < state_->targets.size() && state_->targets[target].via) state_->targets[target].via->carry_piece(std::move(piece));
}

std::string FleetLinks::route(std::size_t target) const {
  if (target >= state_->targets.size() || !state_->targets[target].open()) return "";
  const auto& via = state_->targets[target].via;
  return via ? via->name() : "direct";
}

std::uint64_t FleetLinks::rate(std::size_t target) const {
  const auto* relay = target < state_->targets.size() ? state_->targets[target].via.get() : nullptr;
  return relay ? relay->rate() : 0;
}

std::string FleetLinks::agent(std::size_t target) const {
  if (target >= state_->targets.size() || !state_->targets[target].open()) return "";
  return state_->targets[target].agent;
}

awaitable<Result<std::vector<FleetLinks::RelayStatus>>> FleetLinks::ping_relays() { return ping_all(state_->executor, state_->relays); }

awaitable<Status> FleetLinks::keep_desired(std::vector<std::size_t> targets, wire::pb::Desire desire,
                                           std::vector<std::shared_ptr<Shipment>> payloads) {
  const auto state = state_;
  if (!state->known_hosts) co_return fail(state->known_hosts.error());
  for (std::size_t i = 0; i < targets.size(); ++i)
    *desire.mutable_members(static_cast<int>(i))->mutable_host() = state->attach_of(state->targets.at(targets[i]));
  Status kept = fail(Code::unsupported, "there is no relay");
  // Any of the region's: all of them reach its targets.
  for (const auto& relay : state->targets.at(targets.front()).relays) {
    kept = co_await keep_at(relay, desire, payloads);
    if (kept) break;
  }
  co_return kept;
}

void FleetLinks::withdraw_desired(const wire::pb::Place& place) {
  wire::pb::Request request;
  *request.mutable_withdraw()->mutable_place() = place;
  const auto told = [](Link link, wire::pb::Request r) -> awaitable<void> { (void)co_await ask_relay(std::move(link), std::move(r)); };
  for (const auto& link : state_->keepers()) asio::co_spawn(state_->executor, told(link, request), asio::detached);
}

awaitable<std::vector<wire::pb::Desire>> FleetLinks::desired(wire::pb::Place place) {
  std::vector<wire::pb::Desire> found;
  wire::pb::Request request;
  *request.mutable_list_desires()->mutable_place() = std::move(place);
  std::vector<awaitable<void>> work;
  for (const auto& link : state_->keepers()) work.push_back(ask_for_desires(link, request, found));
  co_await io::gather(std::move(work));
  co_return found;
}

std::uint64_t FleetLinks::wan_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [region, relay] : state_->relays) bytes += relay->sent();
  for (const auto& target : state_->targets)
    if (target.direct) bytes += target.direct->sent();
  return bytes;
}

void FleetLinks::close() {
  state_->ending.cancel();
  for (const auto& [region, relay] : state_->relays) relay->close();
  for (const auto& target : state_->targets)
    if (target.direct) target.direct->close();
}

}  // namespace deployctl::rollout
