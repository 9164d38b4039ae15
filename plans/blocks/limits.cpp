#include "plans/blocks/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace deployctl::plans {
namespace {

// The value of a limit and where the plan sets it. `given` is null when the value is a default.
struct Limit {
  std::string name;
  Duration value{0};
  const Value* given = nullptr;
  std::string text() const { return fmt::format("'{}' is {}{}", name, to_string(value), given ? "" : " by default"); }
};

const Value* find(const Value* map, std::string_view key) { return map ? map->find(key) : nullptr; }

const Value* item(const Value* list, std::size_t i) {
  return list && list->kind == Value::Kind::list && i < list->size() ? &list->item(i) : nullptr;
}

class LimitCheck {
 public:
  LimitCheck(const Value& root, const model::Plan& plan, Problems& problems)
      : plan_(plan),
        problems_(problems),
        top_(root.mark()),
        release_(find(&root, "release")),
        rollout_(find(&root, "rollout")) {}

  void all() {
    check_healthy_times();
    check_catch_up();
    for (std::size_t i = 0; i < plan_.release.activation.health_checks.size(); ++i) check_health(i);
    for (const auto which : model::target_hooks) check_hook(which);
    const Value* waves = find(rollout_, "waves");
    for (std::size_t i = 0; i < plan_.rollout.waves.size(); ++i) check_wave(item(waves, i), i);
  }

 private:
  Limit of_rollout(const char* key, Duration value) const {
    return {fmt::format("rollout.{}", key), value, find(rollout_, key)};
  }
  Limit progress() const { return of_rollout("progress_deadline", plan_.rollout.progress_deadline); }
  Limit healthy_time() const { return of_rollout("min_healthy_time", plan_.rollout.min_healthy_time); }
  Limit healthy_deadline() const { return of_rollout("healthy_deadline", plan_.rollout.healthy_deadline); }

  // Reports that `longer` needs more time than `shorter` allows.
  void refuse(const Limit& longer, const Limit& shorter, const std::string& so, const std::string& hint = {}) {
    const Value* place = longer.given ? longer.given : shorter.given;
    problems_.add(place ? place->mark() : top_, fmt::format("{}, but {}: {}", longer.text(), shorter.text(), so),
                  hint.empty() ? fmt::format("give {} more than {}", shorter.name, to_string(longer.value)) : hint);
  }

  void check_healthy_times() {
    const Limit needed = healthy_time(), within = healthy_deadline();
    if (needed.value.count() > 0 && needed.value >= within.value)
      refuse(needed, within, "no target could become active");
    if (needed.value.count() > 0 && needed.value >= progress().value)
      refuse(needed, progress(), "the rollout would end before a target is active");
    if (within.given && within.value > progress().value)
      refuse(within, progress(), "the rollout would end before that time is over");
  }

  void check_catch_up() {
    const Limit all = of_rollout("catch_up", plan_.rollout.catch_up),
                each = of_rollout("catch_up_interval", plan_.rollout.catch_up_interval);
    if (all.value.count() > 0 && each.value > all.value)
      refuse(each, all, "relays would stop looking before they look again", "give a shorter rollout.catch_up_interval");
  }

  void check_health(std::size_t i) {
    const auto& check = plan_.release.activation.health_checks[i];
    const Value* at = item(find(release_, "health_checks"), i);
    const std::string path = fmt::format("release.health_checks.{}", i);
    const Limit deadline{path + ".deadline", check.deadline, find(at, "deadline")};
    const Value* given = find(at, "healthy_after") ? find(at, "healthy_after") : find(at, "interval");
    const Limit passes{
        fmt::format("{}.healthy_after {} x interval {}", path, check.healthy_after, to_string(check.interval)),
        check.interval * (check.healthy_after - 1), given};
    if (passes.value > deadline.value) refuse(passes, deadline, "the check could never pass");
    if (plan_.rollout.min_healthy_time.count() > 0 &&
        passes.value + plan_.rollout.min_healthy_time >= healthy_deadline().value &&
        plan_.rollout.min_healthy_time < healthy_deadline().value)
      refuse(passes, healthy_deadline(), "with rollout.min_healthy_time no target could become active",
             "give rollout.healthy_deadline more than both together");
    if (passes.value >= progress().value) refuse(passes, progress(), "the rollout would end before the check passes");
    if (deadline.given && deadline.value > progress().value)
      refuse(deadline, progress(), "the rollout would end before that time is over");
  }

  void check_hook(model::TargetHook which) {
    const auto* hook = plan_.release.activation.hook(which);
    const Value* at = find(find(release_, "hooks"), model::to_string(which));
    if (!hook || !at || at->kind != Value::Kind::map) return;
    const Limit timeout{fmt::format("release.hooks.{}.timeout", model::to_string(which)), hook->timeout,
                        find(at, "timeout")};
    if (timeout.given && timeout.value > progress().value)
      refuse(timeout, progress(), "the rollout would end before that time is over");
  }

  void check_wave(const Value* at, std::size_t i) {
    const auto& wave = plan_.rollout.waves[i];
    const Limit stagger{fmt::format("rollout.waves.{}.stagger", i), wave.stagger, find(at, "stagger")};
    if (stagger.value >= progress().value && stagger.value.count() > 0)
      refuse(stagger, progress(), "the rollout would end between two targets");
    for (const auto& gate : wave.gates) check_gate(wave, gate);
  }

  // A gate that tolerates as many failures as it has measurements can never fail.
  void check_gate(const model::Wave& wave, const model::Gate& gate) {
    const bool metric = std::holds_alternative<model::MetricProbe>(gate.probe);
    const auto fitting =
        metric ? static_cast<unsigned>(std::clamp<std::int64_t>(wave.bake_time / gate.interval, 1, 100'000)) : 1U;
    const unsigned count = gate.count.value_or(fitting);
    if (gate.failure_limit < count) return;
    problems_.add(gate.mark,
                  fmt::format("the gate '{}' could never fail: {} of its {} {} may fail", gate.name, gate.failure_limit,
                              count, count == 1 ? "measurement" : "measurements"),
                  "give a smaller failure_limit, or a larger count");
  }

  const model::Plan& plan_;
  Problems& problems_;
  model::Mark top_;
  const Value* release_;
  const Value* rollout_;
};

}  // namespace

void check_limits(const Value& root, const model::Plan& plan, Problems& problems) {
  LimitCheck(root, plan, problems).all();
}

}  // namespace deployctl::plans
