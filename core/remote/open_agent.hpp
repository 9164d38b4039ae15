// An agent on another host, over SSH: log in, exec it there (installing it when the host lacks it), shake hands.
// The control host opens relays and direct targets so; a relay opens its targets so. The SSH session lives as long as
// the link. One strand.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <memory>
#include <string>

#include "core/base/digest.hpp"
#include "core/link/agent_link.hpp"
#include "core/ssh/dial.hpp"

namespace deployctl::remote {

// The agent binary to install: a file of this host. Read when a host asks for it.
struct AgentImage {
  std::string path;
  Digest digest;
  std::uint64_t size = 0;
  std::string machine = "x86_64";
  static Result<AgentImage> load(const std::string& path);
};

struct AgentOptions {
  std::string role;  // "relay" or "target"
  std::string program;
  AgentImage image;
  Duration timeout{std::chrono::seconds(60)};  // login, installation and hello together
};

asio::awaitable<Result<std::shared_ptr<link::AgentLink>>> open_agent(asio::any_io_executor executor, ssh::DialOptions dial,
                                                                     AgentOptions options);

}  // namespace deployctl::remote
