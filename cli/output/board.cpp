#include "cli/output/board.hpp"

#include <algorithm>

#include "cli/output/body.hpp"

namespace deployctl::output {
namespace {

constexpr std::size_t build_tail = 16 * 1024;
constexpr std::size_t target_tail = 2 * 1024;

struct Named {
  const char* event;
  TargetState state;
};
constexpr std::array moves{
    Named{"target_unreachable", TargetState::unreachable}, Named{"target_staging", TargetState::staging},
    Named{"target_staged", TargetState::staged},           Named{"target_activating", TargetState::activating},
    Named{"target_active", TargetState::active},           Named{"target_failed", TargetState::failed},
    Named{"target_unhealthy", TargetState::unhealthy},     Named{"target_reverting", TargetState::reverting},
    Named{"target_reverted", TargetState::reverted},       Named{"target_stuck", TargetState::stuck},
};

bool is_moving(TargetState state) {
  return state == TargetState::staging || state == TargetState::staged || state == TargetState::activating ||
         state == TargetState::reverting;
}

std::string key_of(const Event& event) { return event.region + '\0' + event.target; }

}  // namespace

std::string reason_of(const Event& event) {
  std::string reason = event.error ? event.error->text() : std::string();
  const std::string own = event.target + ": ";
  while (!event.target.empty() && reason.starts_with(own)) reason.erase(0, own.size());
  return reason;
}

void append_tail(std::string& tail, const std::string& more, std::size_t most) {
  tail += more;
  if (tail.size() <= most) return;
  const auto line = tail.find('\n', tail.size() - most);
  tail.erase(0, line == std::string::npos ? tail.size() - most : line + 1);
}

namespace {

// Turns "2026-11-24T09:08:32.120Z" into "2026-11-24 09:08 UTC".
std::string minute_of(const std::string& time) {
  return time.size() < 16 ? time : time.substr(0, 10) + " " + time.substr(11, 5) + " UTC";
}

}  // namespace

void Board::take(const Event& event) {
  for (const auto& [from, to] :
       {std::pair{&event.rollout, &rollout}, {&event.service, &service}, {&event.environment, &environment}})
    if (!from->empty()) *to = *from;
  if (event.name == "rollout_started")
    begin(event);
  else if (event.name.starts_with("build_"))
    take_build(event);
  else if (event.name.starts_with("wave_"))
    take_wave(event);
  else if (event.name.starts_with("target_") && !event.target.empty())
    take_target(event);
  else if (event.name == "rollout_waiting") {
    waiting = Body(event.body).text("message");
    waited_for = Body(event.body).text("for");
  } else if (event.name == "rollout_going_on") {
    waiting.clear();
    waited_for.clear();
  } else if (event.name == "targets_left_to_relay")
    caught_up_until = minute_of(Body(event.body).text("until"));
  else if (event.name == "rollback_started") {
    rolling_back = true;
    waiting.clear();
    baking.reset();
  } else if (event.name == "hook_started")
    hook = Body(event.body).text("hook");
  else if (event.name == "hook_finished") {
    hook.clear();
    if (event.error && failed_hook.empty()) failed_hook = Body(event.body).text("hook");
  } else if (event.name == "rollout_finished") {
    const Body body(event.body);
    over = true;
    waiting.clear();
    baking.reset();
    result = body.text("result");
    error = event.error;
    took = Duration(static_cast<std::int64_t>(std::clamp(body.number("seconds"), 0.0, 3.2e8) * 1000));
    if (body.has("changed")) changed = body.count("changed");
    wan_bytes = body.count("wan_bytes");
    if (previous.empty()) previous = body.text("previous");
  }
}

void Board::begin(const Event& event) {
  const Body body(event.body);
  begun = true;
  over = false;  // a paused rollout is resumed
  waiting.clear();
  waited_for.clear();
  failed_hook.clear();
  changed.reset();
  result.clear();
  error.reset();
  waves.clear();
  wave.reset();
  kind = body.text("kind");
  version = event.version.empty() ? body.text("version") : event.version;
  previous = body.text("previous");
  announced_ = body.count("targets");
  for (const auto& [name, size] : body.sizes("waves")) waves.push_back({name, size});
  for (const auto& [name, size] : body.sizes("regions")) regions.at(region_at(name)).announced = size;
}

void Board::take_build(const Event& event) {
  const Body body(event.body);
  build.begun = true;
  if (!event.version.empty() && !begun) version = event.version;
  if (event.name == "build_pinned" && event.version.empty()) version = body.text("version");
  if (event.name == "build_step") {
    build.step = body.text("step");
    build.number = body.count("number");
    build.of = body.count("of");
    build.output.clear();
  } else if (event.name == "build_output") {
    append_tail(build.output, body.text("text"), build_tail);
  } else if (event.name == "build_finished") {
    build.over = true;
  }
}

std::size_t Board::wave_at(const std::string& name) {
  const auto found = std::ranges::find(waves, name, &BoardWave::name);
  if (found != waves.end()) return static_cast<std::size_t>(found - waves.begin());
  waves.push_back({name, 0});
  return waves.size() - 1;
}

void Board::take_wave(const Event& event) {
  const Body body(event.body);
  baking.reset();
  wave = wave_at(event.wave);
  if (event.name == "wave_started" && body.has("targets")) waves[*wave].targets = body.count("targets");
  if (event.name == "wave_baking")
    baking = Duration(static_cast<std::int64_t>(std::clamp(body.number("seconds"), 0.0, 3.2e7) * 1000));
}

void Board::take_target(const Event& event) {
  BoardTarget& target = target_at(event);
  const auto index = static_cast<std::size_t>(&target - targets.data());
  const Body body(event.body);
  if (event.name == "target_step") {
    target.step = body.text("step");
    append_tail(target.output, body.text("output"), target_tail);
    return;
  }
  if (event.name == "target_cleanup_failed") target.cleanup = body.text("message");
  for (const auto& [name, state] : moves) {
    if (event.name != name) continue;
    if (event.error) {
      target.reason = reason_of(event);
      target.hint = event.error->hint;
    }
    // A failed target that reverted on its own still counts as failed or unhealthy.
    const bool is_bad = target.state == TargetState::failed || target.state == TargetState::unhealthy;
    if (state == TargetState::reverted && is_bad && !rolling_back) continue;
    if (state == TargetState::activating || state == TargetState::reverting) target.step.clear();
    move(index, state);
    if (state == TargetState::staging) progress(index, body.count("received"), body.count("total"));
    if (state == TargetState::active) target.reason.clear(), target.hint.clear(), target.output.clear();
  }
}

std::size_t Board::region_at(const std::string& name) {
  const auto found = std::ranges::find(regions, name, &BoardRegion::name);
  if (found != regions.end()) return static_cast<std::size_t>(found - regions.begin());
  regions.emplace_back().name = name;
  return regions.size() - 1;
}

BoardTarget& Board::target_at(const Event& event) {
  const auto [found, added] = index_.try_emplace(key_of(event), targets.size());
  if (!added) return targets[found->second];
  const auto region = region_at(event.region);
  ++regions[region].seen;
  ++regions[region].counts[static_cast<std::size_t>(TargetState::ready)];
  auto& target = targets.emplace_back();
  target.name = event.target;
  target.region = region;
  return target;
}

const BoardTarget* Board::target_of(const Event& event) const {
  const auto found = index_.find(key_of(event));
  return found == index_.end() ? nullptr : &targets[found->second];
}

void Board::move(std::size_t index, TargetState to) {
  BoardTarget& target = targets[index];
  BoardRegion& region = regions[target.region];
  if (target.state == TargetState::staging && to != TargetState::staging) {
    if (to == TargetState::staged) progress(index, target.total, target.total);  // the last chunk is seldom reported
    end_staging(target);
  }
  --region.counts[static_cast<std::size_t>(target.state)];
  ++region.counts[static_cast<std::size_t>(to)];
  target.state = to;
  if (is_moving(to))
    region.moving.insert(index);
  else
    region.moving.erase(index);
}

// A resumed transfer counts only what it adds to the bytes already present; a restarted one doesn't reduce the sum.
void Board::progress(std::size_t index, std::uint64_t now, std::uint64_t total) {
  BoardTarget& target = targets[index];
  if (now > target.received) received += now - target.received;
  arrived = arrived - target.received + now;
  expected = expected - target.total + total;
  target.received = now;
  target.total = total;
}

void Board::end_staging(BoardTarget& target) {
  arrived -= target.received;
  expected -= target.total;
  target.received = target.total = 0;
}

std::size_t Board::total() const {
  std::size_t sum = 0;
  for (const auto& region : regions) sum += region.total();
  return std::max(sum, announced_);
}

std::size_t Board::in(TargetState state) const {
  std::size_t sum = 0;
  for (const auto& region : regions) sum += region.in(state);
  return sum;
}

}  // namespace deployctl::output
