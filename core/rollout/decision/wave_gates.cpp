#include "core/rollout/decision/wave_gates.hpp"

#include <algorithm>

namespace deployctl::rollout {
namespace {

constexpr unsigned max_inconclusive = 3;                // in a row
constexpr Duration ask_soon{std::chrono::seconds(10)};  // who had no answer

unsigned count_of(const model::Gate& gate, Duration bake_time) {
  if (gate.count) return *gate.count;
  return static_cast<unsigned>(std::max<std::int64_t>(1, bake_time / gate.interval));
}

bool is_metric(const model::Gate& gate) { return std::holds_alternative<model::MetricProbe>(gate.probe); }

}  // namespace

WaveGates::WaveGates(const std::vector<model::Gate>& gates, Duration bake_time, SteadyTime now) {
  for (const auto& gate : gates) {
    One one;
    one.gate = gate;
    one.count = is_metric(gate) ? count_of(gate, bake_time) : gate.count.value_or(1);
    one.next = is_metric(gate) ? now + gate.interval : now;
    all_.push_back(std::move(one));
  }
}

std::vector<std::size_t> WaveGates::due(SteadyTime now) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    One& one = all_[i];
    const bool asked_on = one.state == State::open || one.state == State::in_doubt;
    if (!asked_on || one.asking || now < one.next) continue;
    one.asking = true;
    out.push_back(i);
  }
  return out;
}

void WaveGates::take(std::size_t gate, const Measured& measured, SteadyTime now) {
  One& one = all_.at(gate);
  if (!one.asking) return;
  one.asking = false;
  const bool soon = measured.how == Measured::How::inconclusive;
  one.next = now + (soon ? std::min(one.gate.interval, ask_soon) : one.gate.interval);
  if (one.state == State::passed || one.state == State::failed) return;  // promoted meanwhile
  if (measured.how != Measured::How::pass) one.words = measured.words;
  if (measured.how == Measured::How::inconclusive) {
    if (++one.inconclusive_in_a_row >= max_inconclusive) doubt_of(one);
    return;
  }
  one.inconclusive_in_a_row = 0;
  one.state = State::open;
  count(one, measured.how == Measured::How::pass);
}

void WaveGates::count(One& one, bool well) {
  ++one.measured;
  if (!well) ++one.failures;
  if (one.failures > one.gate.failure_limit)
    one.state = State::failed;
  else if (one.measured >= one.count)
    one.state = State::passed;
}

void WaveGates::doubt_of(One& one) {
  one.inconclusive_in_a_row = 0;
  switch (one.gate.inconclusive) {
    case model::Inconclusive::pause:
      one.state = State::in_doubt;
      return;
    case model::Inconclusive::fail:
      one.state = State::failed;
      return;
    case model::Inconclusive::pass:
      return count(one, true);
  }
}

void WaveGates::promote() {
  for (auto& one : all_) one.state = State::passed;
}

bool WaveGates::passed() const {
  return std::all_of(all_.begin(), all_.end(), [](const One& one) { return one.state == State::passed; });
}

std::optional<Error> WaveGates::failed() const {
  const auto at = std::find_if(all_.begin(), all_.end(), [](const One& one) { return one.state == State::failed; });
  if (at == all_.end()) return std::nullopt;
  std::string words = at->gate.name + ": " + at->words;
  if (at->measured > 1)
    words += " (" + std::to_string(at->failures) + " of " + std::to_string(at->measured) +
             " measurements failed, failure_limit is " + std::to_string(at->gate.failure_limit) + ")";
  return error(Code::unhealthy, words);
}

std::optional<std::string> WaveGates::doubt() const {
  std::string words;
  for (const auto& one : all_)
    if (one.state == State::in_doubt) words += (words.empty() ? "" : "; ") + one.gate.name + ": " + one.words;
  if (words.empty()) return std::nullopt;
  return words;
}

std::optional<SteadyTime> WaveGates::wake_at() const {
  std::optional<SteadyTime> at;
  for (const auto& one : all_) {
    const bool asked_on = one.state == State::open || one.state == State::in_doubt;
    if (asked_on && !one.asking && (!at || one.next < *at)) at = one.next;
  }
  return at;
}

}  // namespace deployctl::rollout
