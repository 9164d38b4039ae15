#include "agents/dial_target.hpp"

#include "agents/roles.hpp"
#include "core/remote/open_agent.hpp"

namespace deployctl::agents {
namespace {

Result<transport::DialOptions> dial_options(const protocol::pb::Attach& asked, const std::string& home) {
  if (asked.host().empty() || asked.port() == 0 || asked.port() > 65535)
    return fail(Code::invalid, "\"" + asked.host() + "\", port " + std::to_string(asked.port()) + ", is no endpoint");
  transport::DialOptions dial;
  dial.endpoint.host = asked.host();
  dial.endpoint.port = asked.port();
  dial.endpoint.user = asked.user();
  dial.endpoint.identity_file = asked.identity_file();
  if (asked.identity_file().starts_with("~/")) dial.endpoint.identity_file = home + asked.identity_file().substr(1);
  for (const auto& key : asked.host_keys()) dial.pins.push_back({key.type(), key.blob()});
  return dial;
}

asio::awaitable<Result<std::shared_ptr<link::AgentLink>>> open(asio::any_io_executor executor, remote::AgentImage image,
                                                               std::string home, protocol::pb::Attach asked) {
  DEPLOYCTL_CO_TRY(dial, dial_options(asked, home));
  remote::AgentOptions options;
  options.role = "target";
  options.program = program_name;
  options.image = std::move(image);
  if (asked.timeout_ms() > 0)
    options.timeout = Duration(static_cast<std::int64_t>(std::min<std::uint64_t>(asked.timeout_ms(), 3'600'000)));
  dial.timeout = std::min(dial.timeout, options.timeout);
  co_return co_await remote::open_agent(std::move(executor), std::move(dial), std::move(options));
}

}  // namespace

relay::Dialer dial_target(asio::any_io_executor executor, remote::AgentImage image, std::string home) {
  return [executor, image, home](protocol::pb::Attach asked) { return open(executor, image, home, std::move(asked)); };
}

}  // namespace deployctl::agents
