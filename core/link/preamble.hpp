// Handles what comes before the frames: a login's noise and then the agent's magic, or the shell's report that the
// agent is missing, followed by its installation. Private to the module.
#pragma once

#include "core/io/byte_stream.hpp"
#include "core/link/agent_link.hpp"

namespace deployctl::link::detail {

// Returns the bytes after the magic. Errors: Code::disconnected or Code::unreachable, with the noise that was
// received; the errors of an installation.
awaitable<Result<Bytes>> await_magic(io::ByteStream& stream, const LinkOptions& options);

}  // namespace deployctl::link::detail
