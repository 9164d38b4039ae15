// What comes before the frames: a login's noise, then the agent's magic; or the shell's word that the agent is missing,
// and its installation. Private to the room.
#pragma once

#include "core/io/byte_stream.hpp"
#include "core/link/agent_link.hpp"

namespace deployctl::link::detail {

// The bytes that followed the magic. Code::disconnected or Code::unreachable with the noise that came instead.
awaitable<Result<Bytes>> await_magic(io::ByteStream& stream, const LinkOptions& options);

}  // namespace deployctl::link::detail
