// What a wave must pass before the next one begins, beside its targets being active: an approval before it; after it a
// bake time, analyses of metrics, webhooks and commands, all at once; a pause at the end. Values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/duration.hpp"
#include "core/model/condition.hpp"
#include "core/model/mark.hpp"
#include "core/model/secret.hpp"

namespace deployctl::model {

using SecretHeaders = std::map<std::string, SecretSource>;  // "Authorization": {env: TOKEN}

// A query of Prometheus' instant API whose answer is one number. In it {targets} stands for the targets that are
// updated, as a pattern for an instance label; where the condition names the baseline, the same query is asked of those
// that are not.
struct MetricProbe {
  SecretSource prometheus;  // http://host:9090
  std::string query;
  Condition success_condition;
  SecretHeaders headers{};
  bool operator==(const MetricProbe&) const = default;
};
// Is posted what is asked about. 2xx passes, unless its JSON says {"status": "fail" | "wait"}; 4xx fails; all else is
// inconclusive, a 2xx that is an HTML page or broken JSON too.
struct WebhookProbe {
  SecretSource url;
  SecretHeaders headers{};
  bool operator==(const WebhookProbe&) const = default;
};
// On the control host, in the plan's folder. 0 passes, 75 is inconclusive, all else fails.
struct CommandProbe {
  std::string run;
  bool operator==(const CommandProbe&) const = default;
};

enum class Inconclusive { pause, fail, pass };
const char* to_string(Inconclusive v);

// Something outside that is asked whether to go on.
struct Gate {
  std::string name;
  std::variant<MetricProbe, WebhookProbe, CommandProbe> probe;
  Duration interval{std::chrono::minutes(1)};
  std::optional<unsigned> count;                    // measurements; absent: what fits into the bake time, at least one
  unsigned failure_limit = 0;                       // so many may fail
  Inconclusive inconclusive = Inconclusive::pause;  // after three in a row
  Duration timeout{std::chrono::seconds(30)};       // of one measurement
  Mark mark;
  std::string text() const;  // "query rate(errors[1m])", "webhook https://host", "command ./ask.sh"
};

// One answer of a probe.
struct Measured {
  enum class How { pass, fail, inconclusive };
  How how = How::inconclusive;
  std::string words;  // "query up is 0.034, < 0.01 is wanted"; "http://prometheus:9090: connection refused"
};

// What a probe is asked about.
struct GateQuestion {
  Gate gate;
  std::string service, environment, version, rollout, wave;
  std::vector<std::string> updated;  // targets that run the release, as the fleet names them
  std::vector<std::string> others;   // those that don't yet
};

}  // namespace deployctl::model
