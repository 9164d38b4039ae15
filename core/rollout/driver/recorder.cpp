#include "core/rollout/driver/recorder.hpp"

namespace deployctl::rollout {

Recorder::Recorder(About about, ledger::Ledger* ledger, events::EventSink sink, std::uint64_t last_seq)
    : about_(std::move(about)), ledger_(ledger), sink_(std::move(sink)), seq_(last_seq) {}

void Recorder::add(events::Event event) {
  event.rollout = about_.rollout;
  event.service = about_.service;
  event.environment = about_.environment;
  if (event.version.empty()) event.version = about_.version;
  event.time = system_clock().wall();
  event.seq = ++seq_;
  if (event.fleeting) {
    if (sink_) sink_(event);
    return;
  }
  last_line_ = events::to_json_line(event);
  rows_.push_back({event.seq, event.time, last_line_});
  waiting_.push_back(std::move(event));
}

Status Recorder::flush() {
  const auto events = std::move(waiting_);
  const auto rows = std::move(rows_);
  waiting_.clear();
  rows_.clear();
  Status written;
  if (ledger_ && !rows.empty()) written = ledger_->append_events(about_.rollout, rows);
  if (sink_)
    for (const auto& event : events) sink_(event);
  return written;
}

}  // namespace deployctl::rollout
