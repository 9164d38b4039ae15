// Converts a request to the control host's connection cache to a message and back. Values. Private to the module.
#pragma once

#include "core/io/byte_stream.hpp"
#include "core/protocol/messages.hpp"
#include "core/remote/open_agent.hpp"

namespace deployctl::remote::detail {

protocol::pb::Keep to_message(const transport::DialOptions& dial, const AgentOptions& options);

struct KeptLinkRequest {
  transport::DialOptions dial;
  AgentOptions options;
};
Result<KeptLinkRequest> from_message(const protocol::pb::Keep& message);

// Reads exactly one frame and no byte more: what follows on the stream belongs to the agent.
asio::awaitable<Result<protocol::Frame>> read_frame(io::ByteStream& stream);

}  // namespace deployctl::remote::detail
