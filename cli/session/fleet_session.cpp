#include "cli/session/fleet_session.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>
#include <exception>
#include <optional>

#include "cli/session/connection_cache.hpp"
#include "cli/session/context.hpp"
#include "core/fleet/routes/fleet_links.hpp"
#include "core/io/ticker.hpp"
#include "core/model/plan.hpp"

namespace deployctl::cli {
namespace {

constexpr Duration tick_every{100};
constexpr unsigned workers = 2;

// Relays are few, far away and asked again soon: logins to them are kept. Targets without a relay are opened from here.
fleet::OpenAgent kept_open(std::shared_ptr<remote::KeeperPlace> place) {
  return [place](asio::any_io_executor executor, transport::DialOptions dial, remote::AgentOptions options) {
    if (options.role != "relay") return remote::open_agent(std::move(executor), std::move(dial), std::move(options));
    return remote::open_kept(std::move(executor), std::move(dial), std::move(options), place);
  };
}

fleet::FleetLinksOptions options_of(const model::Plan& plan, remote::AgentImage image, Context& context,
                                    bool activates) {
  fleet::FleetLinksOptions options;
  options.known_hosts = plan.fleet.known_hosts;
  options.image = std::move(image);
  options.program = "deployctl";
  const auto state = context.state();
  const auto place = state ? keeper_place(state->root) : nullptr;
  if (place) options.open_agent = kept_open(place);
  if (activates) options.kept_logins = keeps_links() ? fleet::KeptLogins::replaced : fleet::KeptLogins::unused;
  return options;
}

}  // namespace

struct FleetSession::State {
  State(const model::Plan& plan, remote::AgentImage image, Context& command, bool activates)
      : context(1),
        pool(workers),
        links(context.get_executor(), plan.fleet, options_of(plan, std::move(image), command, activates)) {}
  asio::io_context context;
  asio::thread_pool pool;
  fleet::FleetLinks links;
};

Result<std::unique_ptr<FleetSession>> FleetSession::open(const model::Plan& plan, Context& context, bool activates) {
  DEPLOYCTL_TRY(agent, remote::find_agent());
  DEPLOYCTL_TRY(image, remote::AgentImage::load(agent));
  return std::unique_ptr<FleetSession>(
      new FleetSession(std::make_unique<State>(plan, std::move(image), context, activates)));
}

FleetSession::FleetSession(std::unique_ptr<State> state) : state_(std::move(state)) {}

// The links' coroutines unwind on the loop once more, so that nothing of theirs outlives it.
FleetSession::~FleetSession() {
  state_->links.close();
  state_->context.restart();
  state_->context.run_for(std::chrono::seconds(5));
  state_->pool.join();
}

fleet::FleetLinks& FleetSession::links() { return state_->links; }
asio::thread_pool& FleetSession::pool() { return state_->pool; }

void FleetSession::run(asio::awaitable<void> work, std::function<void()> tick) {
  std::exception_ptr failure;
  bool over = false;
  std::optional<io::Ticker> ticker;
  if (tick) ticker.emplace(state_->context.get_executor(), tick_every, std::move(tick));
  asio::co_spawn(state_->context, std::move(work), [&](std::exception_ptr thrown) {
    failure = thrown;
    over = true;
  });
  state_->context.restart();
  while (!over && state_->context.run_one() > 0) {
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace deployctl::cli
