#include "core/rollout/driver/event_builder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace deployctl::rollout {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_named = 20;  // targets in one event

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

events::Event named(const char* name) {
  events::Event event;
  event.name = name;
  return event;
}

// With three digits at most: nobody reads microseconds.
double seconds(Duration d) { return static_cast<double>(d.count()) / 1000.0; }

}  // namespace

void EventBuilder::index_waves() {
  wave_of.assign(spec->targets.size(), 0);
  for (WaveIndex w = 0; w < spec->waves.size(); ++w)
    for (const auto& part : spec->waves[w].regions)
      for (const auto target : part.targets) wave_of[target] = w;
}

events::Event EventBuilder::at(TargetIndex target, const char* name) const {
  events::Event event = named(name);
  event.target = spec->targets[target].name;
  event.region = spec->regions[spec->targets[target].region].name;
  if (target < wave_of.size()) event.wave = spec->waves[wave_of[target]].name;
  return event;
}

namespace {

struct BodyWriter {
  const EventBuilder& story;
  const RolloutSpec& spec;

  events::Event wave(const char* name, WaveIndex index) const {
    events::Event event = named(name);
    event.wave = spec.waves[index].name;
    return event;
  }
  std::optional<events::Event> operator()(const WaveStarted& a) const {
    events::Event event = wave("wave_started", a.wave);
    event.body = dump({{"targets", spec.waves[a.wave].size()}});
    return event;
  }
  std::optional<events::Event> operator()(const BakeStarted& a) const {
    events::Event event = wave("wave_baking", a.wave);
    event.body = dump({{"seconds", seconds(a.time)}});
    return event;
  }
  std::optional<events::Event> operator()(const WaveEnded& a) const { return wave("wave_finished", a.wave); }
  std::optional<events::Event> operator()(const WaitStarted& a) const {
    events::Event event = wave("rollout_waiting", a.wave);
    event.body = dump({{"for", to_string(a.what)}, {"message", a.words}});
    return event;
  }
  std::optional<events::Event> operator()(const WaitEnded& a) const { return wave("rollout_going_on", a.wave); }
  std::optional<events::Event> operator()(const RollbackStarted& a) const {
    events::Event event = named("rollback_started");
    event.error = a.why;
    return event;
  }
  std::optional<events::Event> operator()(const RunHook& a) const {
    events::Event event = named("hook_started");
    event.body = dump({{"hook", to_string(a.hook)}});
    return event;
  }
  template <class Other>
  std::optional<events::Event> operator()(const Other&) const {
    return std::nullopt;
  }
};

}  // namespace

std::optional<events::Event> EventBuilder::of(const Action& action) const {
  if (const auto* a = std::get_if<Activate>(&action)) return at(a->target, "target_activating");
  if (const auto* a = std::get_if<Revert>(&action)) {
    events::Event event = at(a->target, "target_reverting");
    event.version = baselines[a->target];
    return event;
  }
  if (const auto* a = std::get_if<AlreadyActive>(&action)) {
    events::Event event = at(a->target, "target_active");
    event.body = dump({{"already", true}});
    return event;
  }
  return std::visit(BodyWriter{*this, *spec}, action);
}

std::optional<events::Event> EventBuilder::of_change(TargetIndex target, TargetState now,
                                                     const std::optional<Error>& why, Duration took) const {
  const char* name = nullptr;
  switch (now) {
    case TargetState::active:
      name = "target_active";
      break;
    case TargetState::failed:
      name = "target_failed";
      break;
    case TargetState::unhealthy:
      name = "target_unhealthy";
      break;
    case TargetState::unreachable:
      name = "target_unreachable";
      break;
    case TargetState::reverted:
      name = "target_reverted";
      break;
    case TargetState::stuck:
      name = "target_stuck";
      break;
    default:
      return std::nullopt;
  }
  events::Event event = at(target, name);
  if (now != TargetState::active && now != TargetState::reverted) event.error = why;
  if (now == TargetState::reverted) event.version = baselines[target];
  if (now == TargetState::active) event.body = dump({{"already", false}, {"seconds", seconds(took)}});
  if (now == TargetState::reverted) event.body = dump({{"seconds", seconds(took)}});
  return event;
}

namespace {

Json body_of(const protocol::pb::Step& step) {
  Json body{{"step", step.name()}, {"state", step.state()}};
  if (!step.detail().empty()) body["detail"] = step.detail();
  if (!step.output().empty()) body["output"] = step.output();
  return body;
}

}  // namespace

events::Event EventBuilder::of_step(TargetIndex target, const protocol::pb::Step& step) const {
  events::Event event = at(target, "target_step");
  event.body = dump(body_of(step));
  return event;
}

events::Event EventBuilder::of_kept_login(TargetIndex target, Error why) const {
  events::Event event = at(target, "target_login_kept");
  event.error = std::move(why);
  return event;
}

events::Event EventBuilder::of_left_out(TargetIndex target, const LeftOut& left_out) const {
  events::Event event = at(target, "target_step");
  Json body = body_of(left_out.last);
  body["omitted_bytes"] = left_out.bytes;
  body["omitted_events"] = left_out.events;
  event.body = dump(body);
  return event;
}

events::Event EventBuilder::of_progress(TargetIndex target, const protocol::pb::Progress& progress) const {
  events::Event event = at(target, "target_staging");
  event.body = dump({{"received", progress.received()}, {"total", progress.total()}});
  event.fleeting = true;
  return event;
}

events::Event EventBuilder::left_to_relay(const LeftBehind& left, WallTime until) const {
  events::Event event = named("targets_left_to_relay");
  event.region = spec->regions[left.region].name;
  Json names = Json::array();
  for (std::size_t i = 0; i < left.behind; ++i) names.push_back(spec->targets[left.members[i]].name);
  event.body = dump({{"targets", std::move(names)}, {"until", deployctl::to_string(until)}});
  return event;
}

events::Event EventBuilder::cleanup_failed(TargetIndex target, const protocol::pb::Pruned& pruned) const {
  constexpr int max_paths = 20;  // a peer may send any number
  events::Event event = at(target, "target_cleanup_failed");
  Json paths = Json::array();
  for (int i = 0; i < std::min(pruned.unremoved_size(), max_paths); ++i) {
    const auto& one = pruned.unremoved(i);
    paths.push_back({{"path", one.path()}, {"code", one.error().code()}, {"message", one.error().message()}});
  }
  const auto more = static_cast<std::uint64_t>(std::max(0, pruned.unremoved_size() - max_paths)) + pruned.unlisted();
  const std::string why = pruned.unremoved_size() > 0 ? pruned.unremoved(0).error().message() : "";
  event.body = dump(
      {{"message", "old releases could not be removed: " + why}, {"unremoved", std::move(paths)}, {"unlisted", more}});
  return event;
}

events::Event EventBuilder::cleanup_failed(TargetIndex target, const Error& why) const {
  events::Event event = at(target, "target_cleanup_failed");
  event.body = dump(
      {{"message", "old releases were not removed: " + why.text()}, {"unremoved", Json::array()}, {"unlisted", 0}});
  return event;
}

events::Event EventBuilder::of_staged(TargetIndex target, const protocol::pb::Staged& staged, Duration took) const {
  events::Event event = at(target, "target_staged");
  event.body = dump({{"already", staged.already()}, {"received", staged.received()}, {"seconds", seconds(took)}});
  return event;
}

events::Event EventBuilder::of_damage(TargetIndex target, const std::string& release_version, const std::string& damage,
                                      bool current) const {
  events::Event event = at(target, "target_damaged");
  event.version = release_version;
  event.body = dump({{"damage", damage}, {"current", current}});
  return event;
}

events::Event EventBuilder::of_gate(WaveIndex wave, std::size_t gate, const Measured& measured) const {
  static constexpr std::array words{"pass", "fail", "inconclusive"};
  events::Event event = named("gate_measured");
  event.wave = spec->waves[wave].name;
  event.body = dump({{"gate", spec->waves[wave].gates[gate].name},
                     {"result", words.at(static_cast<std::size_t>(measured.how))},
                     {"message", measured.words}});
  return event;
}

events::Event EventBuilder::of_word(const MachineEvent& word) const {
  events::Event event = named("rollout_steered");
  if (const auto* approved = std::get_if<Approved>(&word)) {
    event.wave = approved->wave;
    event.body = dump({{"word", "approve"}, {"by", approved->by}});
  } else if (const auto* steered = std::get_if<OperatorCommand>(&word)) {
    event.body = dump({{"word", to_string(steered->kind)}, {"by", steered->by}});
  }
  return event;
}

events::Event EventBuilder::of_awaited(const Awaited& awaited) const {
  events::Event event = named("targets_awaited");
  Json names = Json::array();
  for (const auto target : awaited.missing) {
    if (names.size() == max_named) break;
    names.push_back(spec->targets[target].name);
  }
  event.body = dump({{"answered", awaited.answered},
                     {"targets", awaited.total},
                     {"missing", awaited.missing.size()},
                     {"names", std::move(names)},
                     {"going_on", awaited.over}});
  event.fleeting = true;
  return event;
}

events::Event EventBuilder::of_hook(ControlHook hook, const std::optional<Error>& error) const {
  events::Event event = named("hook_finished");
  event.body = dump({{"hook", to_string(hook)}});
  event.error = error;
  return event;
}

events::Event EventBuilder::started(const std::string& kind, const std::string& previous,
                                    const std::string& commit) const {
  events::Event event = named("rollout_started");
  Json waves = Json::array();
  for (const auto& wave : spec->waves) waves.push_back({{"name", wave.name}, {"targets", wave.size()}});
  Json regions = Json::array();
  for (const auto& region : spec->regions)
    regions.push_back({{"name", region.name}, {"targets", region.targets.size()}});
  Json body{{"kind", kind},
            {"previous", previous},
            {"targets", spec->targets.size()},
            {"waves", std::move(waves)},
            {"regions", std::move(regions)}};
  if (!commit.empty()) body["commit"] = commit;
  event.body = dump(body);
  return event;
}

events::Event EventBuilder::finished(const End& end) const {
  events::Event event = named("rollout_finished");
  const Counts& c = end.counts;
  // An interrupted rollout is told as aborted: the words are those of the contract; the exit code tells them apart.
  const auto told = end.result == RolloutResult::interrupted ? RolloutResult::aborted : end.result;
  event.body = dump({{"result", to_string(told)},
                     {"version", version},
                     {"previous", end.previous},
                     {"seconds", seconds(end.took)},
                     {"wan_bytes", end.wan_bytes},
                     {"changed", c.changed},
                     {"targets",
                      {{"total", c.total},
                       {"active", c.active},
                       {"failed", c.failed + c.unhealthy + c.stuck},
                       {"unhealthy", c.unhealthy},
                       {"reverted", c.reverted},
                       {"unreachable", c.unreachable},
                       {"pending", c.pending}}}});
  event.error = end.why;
  if (end.result == RolloutResult::interrupted && !event.error) event.error = error(Code::cancelled, "interrupted");
  return event;
}

}  // namespace deployctl::rollout
