#include "core/remote/cached_link_request.hpp"

namespace deployctl::remote::detail {

protocol::pb::Keep to_message(const transport::DialOptions& dial, const AgentOptions& options) {
  protocol::pb::Keep keep;
  auto& host = *keep.mutable_host();
  host.set_host(dial.endpoint.host);
  host.set_port(dial.endpoint.port);
  host.set_user(dial.endpoint.user);
  host.set_identity_file(dial.endpoint.identity_file);
  for (const auto& pin : dial.pins) {
    auto& key = *host.add_host_keys();
    key.set_type(pin.type);
    key.set_blob(pin.blob);
  }
  host.set_timeout_ms(static_cast<std::uint64_t>(dial.timeout.count()));
  keep.set_ssh_config(dial.endpoint.ssh_config);
  keep.set_role(options.role);
  keep.set_agent_path(options.image.path);
  keep.set_agent(options.image.digest.raw());
  keep.set_agent_size(options.image.size);
  keep.set_machine(options.image.machine);
  keep.set_lane(options.lane);
  return keep;
}

Result<KeptLinkRequest> from_message(const protocol::pb::Keep& message) {
  const auto& host = message.host();
  DEPLOYCTL_TRY(digest, Digest::from_raw(message.agent()));
  if (host.host().empty() || host.port() == 0 || host.port() > 65535)
    return fail(Code::invalid, "a link without a host and a port");
  KeptLinkRequest asked;
  asked.dial.endpoint = {host.host(), host.port(), host.user(), host.identity_file(), message.ssh_config()};
  for (const auto& key : host.host_keys()) asked.dial.pins.push_back({key.type(), key.blob()});
  asked.dial.timeout = Duration(static_cast<std::int64_t>(std::min<std::uint64_t>(host.timeout_ms(), 3'600'000)));
  asked.options.role = message.role();
  asked.options.image = {message.agent_path(), digest, message.agent_size(), message.machine()};
  asked.options.lane = message.lane();
  return asked;
}

asio::awaitable<Result<protocol::Frame>> read_frame(io::ByteStream& stream) {
  protocol::FrameDecoder decoder;
  std::uint8_t byte = 0;
  // Reads one byte at a time: requests and replies have a few hundred bytes, and there is one of each per command.
  for (;;) {
    DEPLOYCTL_CO_TRY(n, co_await stream.read_some({&byte, 1}));
    if (n == 0) co_return fail(Code::disconnected, "the link keeper went away");
    decoder.feed({&byte, 1});
    DEPLOYCTL_CO_TRY(frame, decoder.next());
    if (frame) co_return std::move(*frame);
  }
}

}  // namespace deployctl::remote::detail
