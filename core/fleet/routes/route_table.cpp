#include "core/fleet/routes/route_table.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/deadline.hpp"

namespace deployctl::fleet::detail {
namespace {

constexpr Duration for_installing{std::chrono::seconds(60)};

// A target that cannot be attached is unreachable, whatever code it returned: those codes would blame the caller's
// own input.
Error unattached(Error why) {
  if (why.code == Code::invalid || why.code == Code::not_found || why.code == Code::internal)
    why.code = Code::unreachable;
  return why;
}

}  // namespace

void RouteTable::add(const model::Region& region) {
  std::vector<std::shared_ptr<Relay>> own;
  for (const auto& endpoint : region.relays) {
    own.push_back(
        std::make_shared<Relay>(executor, endpoint.name(), sessions_to(endpoint, "relay"), options.min_connections));
    relays.push_back({region.name, own.back()});
  }
  for (std::size_t i = 0; i < region.targets.size(); ++i) {
    TargetRoute reached;
    reached.target = region.targets[i];
    reached.region_size = region.targets.size();
    for (std::size_t k = 0; k < own.size(); ++k) reached.relays.push_back(own[(i + k) % own.size()]);
    targets.push_back(std::move(reached));
  }
}

StripedConnections::MakeSession RouteTable::sessions_to(model::Endpoint endpoint, std::string role) {
  const std::weak_ptr<RouteTable> weak = weak_from_this();
  const auto lanes = std::make_shared<unsigned>(0);
  return [weak, endpoint, role, lanes, e = executor, end = ending] {
    const unsigned lane = (*lanes)++;
    LinkSession::LogIn log = [=] { return log_in(weak, endpoint, role, lane); };
    return std::make_shared<LinkSession>(e, std::move(log), end);
  };
}

awaitable<Result<Link>> RouteTable::log_in(std::weak_ptr<RouteTable> weak, model::Endpoint endpoint, std::string role,
                                           unsigned lane) {
  const auto self = weak.lock();
  if (!self) co_return fail(Code::cancelled, "the links were closed");
  if (!self->known_hosts) co_return fail(self->known_hosts.error());
  transport::DialOptions dial;
  dial.endpoint = endpoint;
  dial.pins = self->known_hosts->keys_of(endpoint.host, endpoint.port);
  dial.timeout = self->options.login_timeout;
  remote::AgentOptions agent{role, self->options.program, self->options.image, dial.timeout + for_installing, lane};
  const auto turn = co_await self->logins.take();
  co_return co_await self->options.open_agent(self->executor, std::move(dial), std::move(agent));
}

awaitable<Status> RouteTable::open(std::size_t number, std::shared_ptr<PiggybackedRequest> rider) {
  const auto self = shared_from_this();
  if (number >= targets.size()) co_return fail(Code::invalid, "the fleet has no target " + std::to_string(number));
  auto& target = targets[number];
  if (ending.cancelled()) co_return fail(Code::cancelled, "the links were closed");
  if (target.open()) co_return Status{};
  if (!target.search) {
    target.search = std::make_shared<Search>(executor, std::move(rider));
    asio::co_spawn(executor, find_route(self, number, target.search), asio::detached);
  }
  const auto search = target.search;
  while (!search->outcome) co_await search->changed.wait();
  co_return *search->outcome;
}

awaitable<void> RouteTable::find_route(std::shared_ptr<RouteTable> self, std::size_t number,
                                       std::shared_ptr<Search> search) {
  auto& target = self->targets[number];
  search->outcome = co_await io::with_cancel(self->reach(target, search->rider), self->ending, "open " + target.name());
  target.search.reset();
  search->changed.notify_all();
}

awaitable<Status> RouteTable::reach(TargetRoute& target, std::shared_ptr<PiggybackedRequest> rider) {
  target.link.reset();
  if (target.relays.empty()) co_return co_await reach_directly(target);
  const bool has_another_way = target.relays.size() > 1 || target.target.direct_identity_file;
  std::string reasons, hint;
  for (const auto& relay : target.relays) {
    Status attached;
    for (bool again = false;; again = true) {
      auto link = co_await relay->open();
      if (!link)
        attached = fail(link.error());
      else
        attached = co_await attach(target, relay, *link, rider);
      if (attached) co_return Status{};
      if (!link) break;
      if (!(*link)->closed()) co_return attached;            // the relay answered: the target cannot be reached
      if (again) break;                                      // the relay was lost twice
      if ((*link)->fell_silent() && has_another_way) break;  // the relay hangs: others may not
    }
    reasons += (reasons.empty() ? "" : "; ") + attached.error().text();
    if (hint.empty()) hint = attached.error().hint;
  }
  if (target.target.direct_identity_file) co_return co_await reach_directly(target);
  auto none = error(Code::unreachable, "no relay answers: " + reasons);
  co_return fail(with_hint(with_context(std::move(none), target.name()), hint));
}

protocol::pb::Attach RouteTable::attach_of(const TargetRoute& target) const {
  const auto& endpoint = target.target.endpoint;
  protocol::pb::Attach attach;
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

awaitable<Status> RouteTable::attach(TargetRoute& target, std::shared_ptr<Relay> relay, Link link,
                                     std::shared_ptr<PiggybackedRequest> rider) {
  if (!known_hosts) co_return fail(known_hosts.error());
  const auto most = attach_limit(options.login_timeout, for_installing, target.region_size);
  auto request = attach_of(target);
  auto endpoint = request;
  endpoint.clear_timeout_ms();
  // An older relay would take these fields for a different endpoint.
  if (protocol::knows(link->peer(), protocol::feature_fresh_logins)) {
    request.set_fresh(options.kept_logins == KeptLogins::replaced);
    request.set_no_kept(options.kept_logins == KeptLogins::unused);
  }
  auto attached = co_await detail::attach(link, std::move(request), std::move(rider), most);
  if (!attached) co_return fail(relay->annotate_error(link, unattached(attached.error()), {}));
  if (!relay->claim_number(link, attached->target(), endpoint.SerializeAsString()))
    co_return fail(relay->annotate_error(
        link, error(Code::unreachable, "protocol error: the relay gave two targets the same number"), {}));
  target.via = relay;
  target.link = link;
  target.number = attached->target();
  target.agent = attached->hello().program();
  target.features.assign(attached->hello().features().begin(), attached->hello().features().end());
  co_return Status{};
}

awaitable<Status> RouteTable::reach_directly(TargetRoute& target) {
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
  target.features.assign(link->peer().features().begin(), link->peer().features().end());
  co_return Status{};
}

std::vector<Link> RouteTable::relays_with_desired_state() const {
  std::vector<Link> found;
  for (const auto& [region, relay] : relays)
    if (const auto link = relay->link();
        link && !link->closed() && protocol::knows(link->peer(), protocol::feature_desires))
      found.push_back(link);
  return found;
}

}  // namespace deployctl::fleet::detail
