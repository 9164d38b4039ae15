// What a process asks the control host's link keeper for, as a message and back. Private to the room; values.
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

// One frame and not a byte more: what follows on the stream is the agent's.
asio::awaitable<Result<protocol::Frame>> read_frame(io::ByteStream& stream);

}  // namespace deployctl::remote::detail
