// The session's side of an activation: starts the detached process (activate_process.hpp) that carries it out, follows
// the journal as it grows and emits a Step for each line. The process continues when the session ends. If it dies
// before the end of the journal, it is started again, up to three starts in total. On the session's strand; file access
// is small and done in place.
#pragma once

#include <asio/awaitable.hpp>

#include "agents/serve/service.hpp"
#include "agents/target/activation/journal.hpp"

namespace deployctl::target {

// Follows the unfinished journal to its end. `exchange` may be null: no events are emitted, and the wait can't be
// cancelled.
asio::awaitable<Result<protocol::pb::Activated>> follow_activation(Slot slot, std::string self_exe,
                                                                   serve::Exchange* exchange);

// The outcome recorded in a finished journal.
protocol::pb::Activated activated_of(const Slot& slot, const JournalText& journal);

}  // namespace deployctl::target
