// The session's view of an activation: starts the detached process (activate_process.hpp) that carries it out, follows
// the journal while it grows and emits a Step for each line. The process goes on when the session ends. If it dies
// before the journal's end it is started again, a few times. On the session's strand; file work is small and done in
// place.
#pragma once

#include <asio/awaitable.hpp>

#include "agents/serve/service.hpp"
#include "agents/target/activation/journal.hpp"

namespace deployctl::target {

// The unfinished journal to its end. `exchange` null: nobody to tell, and nobody to give up for.
asio::awaitable<Result<protocol::pb::Activated>> follow_activation(Slot slot, std::string self_exe,
                                                                   serve::Exchange* exchange);

// What a finished journal says.
protocol::pb::Activated activated_of(const Slot& slot, const JournalText& journal);

}  // namespace deployctl::target
