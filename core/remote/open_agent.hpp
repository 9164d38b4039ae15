// An agent on another host, over SSH: log in, exec it there (installing it when the host lacks it), shake
// hands. The control host opens relays and direct targets so; a relay opens its targets so. The SSH session
// lives as long as the link. One strand.
//
// Errors: those of transport::dial; unsupported (another machine than the image's, another protocol version);
// unreachable or disconnected with the host's own words (no room, a read-only home, a file system mounted
// noexec, a shell that fails).
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <memory>
#include <string>

#include "core/link/agent_link.hpp"
#include "core/remote/agent_image.hpp"
#include "core/transport/libssh2/dial.hpp"

namespace deployctl::remote {

struct AgentOptions {
  std::string role;  // "relay" or "target"
  std::string program;
  AgentImage image;
  Duration timeout{std::chrono::seconds(60)};  // login, installation and hello together
  unsigned lane = 0;                           // which of several links to one host
};

// The agent's command on a session that is there: the stream from its magic on.
asio::awaitable<Result<std::unique_ptr<io::ByteStream>>> exec_agent(transport::Session& session, AgentOptions options);
// The link over such a stream, which may be installing the agent first.
asio::awaitable<Result<std::shared_ptr<link::AgentLink>>> link_agent(std::unique_ptr<io::ByteStream> stream,
                                                                     std::string name, link::LoginTimes login,
                                                                     AgentOptions options);

asio::awaitable<Result<std::shared_ptr<link::AgentLink>>> open_agent(asio::any_io_executor executor,
                                                                     transport::DialOptions dial, AgentOptions options);

}  // namespace deployctl::remote
