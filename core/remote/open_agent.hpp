// Opens an agent on another host over SSH: logs in, runs the agent there (installing it if the host lacks it) and
// exchanges hellos. The control host opens relays and direct targets this way, and a relay opens its targets. The SSH
// session lives as long as the link. One strand.
//
// Errors: those of transport::dial; unsupported (the host's machine type is not the image's, another protocol
// version); unreachable, disconnected, no_space or denied with the host's own message (disk full, a read-only home, a
// file system mounted noexec, a shell that fails).
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
  unsigned lane = 0;                           // index of the link, if there are several to one host
};

// Starts the agent's command on an existing session. The stream starts with login noise or the agent's magic.
asio::awaitable<Result<std::unique_ptr<io::ByteStream>>> exec_agent(transport::Session& session, AgentOptions options);
// Opens the link over such a stream, installing the agent first if necessary.
asio::awaitable<Result<std::shared_ptr<link::AgentLink>>> link_agent(std::unique_ptr<io::ByteStream> stream,
                                                                     std::string name, link::LoginTimes login,
                                                                     AgentOptions options);

asio::awaitable<Result<std::shared_ptr<link::AgentLink>>> open_agent(asio::any_io_executor executor,
                                                                     transport::DialOptions dial, AgentOptions options);

}  // namespace deployctl::remote
