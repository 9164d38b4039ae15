// Where a rollout's events go: numbered, timed, written to the ledger (several in one transaction), then shown. What is
// about to be done is recorded, and flushed, before it is done. One strand. A ledger that can't be written is an error
// of flush(); events are shown all the same.
#pragma once

#include <string>
#include <vector>

#include "core/events/event.hpp"
#include "core/ledger/ledger.hpp"

namespace deployctl::rollout {

class Recorder {
 public:
  struct About {
    std::string rollout, service, environment, version;
  };
  // `ledger` may be null (nothing is kept); borrowed.
  Recorder(About about, ledger::Ledger* ledger, events::EventSink sink, std::uint64_t last_seq = 0);

  // Fills in what is common. A fleeting event is shown at once.
  void add(events::Event event);
  Status flush();
  const std::string& last_line() const { return last_line_; }  // of the last event that is kept

 private:
  About about_;
  ledger::Ledger* ledger_;
  events::EventSink sink_;
  std::uint64_t seq_;
  std::vector<events::Event> waiting_;
  std::vector<ledger::EventRow> rows_;
  std::string last_line_;
};

}  // namespace deployctl::rollout
