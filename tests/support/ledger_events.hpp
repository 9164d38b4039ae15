// All events of a rollout at once: for tests, whose ledgers are small.
#pragma once

#include <vector>

#include "core/ledger/ledger.hpp"

namespace deployctl::testing {

inline Result<std::vector<ledger::EventRow>> events_of(ledger::Ledger& ledger, const std::string& rollout) {
  std::vector<ledger::EventRow> all;
  DEPLOYCTL_CHECK(ledger.for_each_event(rollout, 0, [&](const ledger::EventRow& row) {
    all.push_back(row);
    return true;
  }));
  return all;
}

}  // namespace deployctl::testing
