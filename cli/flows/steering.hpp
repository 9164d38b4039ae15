// Words to a rollout: what pause, resume, promote, abort and approve share. A rollout that is driven hears them by the
// ledger; one that rests, or whose driver died, is driven from here where the word asks for that.
#pragma once

#include <string>
#include <vector>

#include "core/ledger/ledger.hpp"
#include "core/rollout/decision/machine.hpp"

namespace deployctl::cli {

class Context;

struct Found {
  ledger::Ledger* ledger;
  ledger::RolloutRow row;
};
// An unfinished rollout by its id or its beginning. Code::absent; Code::invalid: it is over.
Result<Found> find_unfinished(Context& context, const std::string& id);

// Notes the word, and waits until its driver has taken it up. Code::timed_out: it didn't for a while.
Status say(Context& context, const Found& found, const std::string& word, const std::string& reason,
           const std::string& wave = {});

// Goes on with one that nobody drives, to its end, with these words said to it. Answers the rollout's exit code.
Result<int> go_on(Context& context, const Found& found, std::vector<rollout::MachineEvent> words);

std::string who_says();  // "ann@desk"

}  // namespace deployctl::cli
