// What a wave must pass, apart from its targets being active, before the next one begins: an approval before it; after
// it a bake time and analyses of metrics, webhooks and commands, which run concurrently; a pause at the end. Values.
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

// A query for the Prometheus instant API that returns one number. {targets} is replaced with a pattern for an instance
// label that matches the updated targets. If the condition uses the baseline, the query also runs with the targets that
// are not updated yet.
struct MetricProbe {
  SecretSource prometheus;  // http://host:9090
  std::string query;
  Condition success_condition;
  SecretHeaders headers{};
  bool operator==(const MetricProbe&) const = default;
};
// Receives the question as a POST. 2xx passes, unless its JSON has {"status": "fail" | "wait"}; 4xx fails. Everything
// else is inconclusive, including a 2xx with an HTML page or invalid JSON.
struct WebhookProbe {
  SecretSource url;
  SecretHeaders headers{};
  bool operator==(const WebhookProbe&) const = default;
};
// Runs on the control host, in the plan's folder. Exit status 0 passes, 75 is inconclusive, others fail. A command that
// can't be started or times out is inconclusive.
struct CommandProbe {
  std::string run;
  bool operator==(const CommandProbe&) const = default;
};

enum class Inconclusive { pause, fail, pass };
const char* to_string(Inconclusive v);

// An external check that decides whether the rollout continues.
struct Gate {
  std::string name;
  std::variant<MetricProbe, WebhookProbe, CommandProbe> probe;
  Duration interval{std::chrono::minutes(1)};
  std::optional<unsigned> count;  // measurements; absent: as many as fit into the bake time, at least one
  unsigned failure_limit = 0;     // tolerated failed measurements
  Inconclusive inconclusive = Inconclusive::pause;  // after three in a row
  Duration timeout{std::chrono::seconds(30)};       // per measurement
  Mark mark;
  std::string text() const;  // "query rate(errors[1m])", "webhook https://host", "command ./ask.sh"
};

// The result of one probe.
struct Measured {
  enum class How { pass, fail, inconclusive };
  How how = How::inconclusive;
  std::string words;  // "query up is 0.034, < 0.01 is wanted"; "http://prometheus:9090: connection refused"
};

// The input of a probe.
struct GateQuestion {
  Gate gate;
  std::string service, environment, version, rollout, wave;
  std::vector<std::string> updated;  // targets that run the release, by their names in the fleet
  std::vector<std::string> others;   // targets that don't run it yet
};

}  // namespace deployctl::model
