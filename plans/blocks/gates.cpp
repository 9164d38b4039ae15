#include "plans/blocks/gates.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text/utf8.hpp"
#include "plans/keys/names.hpp"
#include "plans/keys/secrets.hpp"

namespace deployctl::plans {
namespace {

struct GateDraft {
  model::Gate gate;
  model::MetricProbe metric;
  std::optional<model::SecretSource> webhook;
  model::SecretHeaders headers;
  unsigned probes = 0;
  bool condition = false;
};

void read_gate_name(const Cursor& at, GateDraft& into) {
  if (auto name = read_text(at); name && !text::has_control(*name))
    into.gate.name = std::move(*name);
  else if (name)
    at.problem(fmt::format("'{}' may hold no tabs or line ends", at.path()));
}

template <Duration model::Gate::*member>
void read_gate_duration(const Cursor& at, GateDraft& into) {
  if (const auto duration = read_duration(at)) into.gate.*member = *duration;
}

void read_count(const Cursor& at, GateDraft& into) {
  if (const auto count = read_number(at, 1, 100'000)) into.gate.count = *count;
}

void read_failure_limit(const Cursor& at, GateDraft& into) {
  if (const auto limit = read_number(at, 0, 100'000)) into.gate.failure_limit = *limit;
}

void read_inconclusive(const Cursor& at, GateDraft& into) {
  static const std::vector<std::string> words{"pause", "fail", "pass"};
  if (const auto word = read_word(at, words)) into.gate.inconclusive = static_cast<model::Inconclusive>(*word);
}

void read_prometheus(const Cursor& at, GateDraft& into) {
  if (auto url = read_http_url(at)) into.metric.prometheus = std::move(*url);
}

void read_query(const Cursor& at, GateDraft& into) {
  if (auto query = read_text(at)) into.metric.query = std::move(*query);
}

void read_condition(const Cursor& at, GateDraft& into) {
  const auto text = read_text(at);
  if (!text) return;
  auto condition = model::Condition::parse(*text);
  if (!condition)
    return at.problem(fmt::format("'{}': {}", at.path(), condition.error().message), condition.error().hint);
  into.metric.success_condition = std::move(*condition);
  into.condition = true;
}

void read_webhook(const Cursor& at, GateDraft& into) {
  ++into.probes;
  if (auto url = read_http_url(at)) into.webhook = std::move(*url);
}

void read_command(const Cursor& at, GateDraft& into) {
  ++into.probes;
  if (auto run = read_text(at)) into.gate.probe = model::CommandProbe{std::move(*run)};
}

void read_gate_headers(const Cursor& at, GateDraft& into) { read_headers(at, into.headers); }

constexpr Key<GateDraft> headers_key{"headers", Need::optional, "a map such as {Authorization: {env: TOKEN}}",
                                     read_gate_headers, list_headers};
constexpr Key<GateDraft> name_key{"name", Need::optional, "a name", read_gate_name};
constexpr Key<GateDraft> interval_key{"interval", Need::optional, "a duration such as 1m",
                                      read_gate_duration<&model::Gate::interval>};
constexpr Key<GateDraft> count_key{"count", Need::optional, "a count of measurements", read_count};
constexpr Key<GateDraft> failure_limit_key{"failure_limit", Need::optional, "a count of measurements",
                                           read_failure_limit};
constexpr Key<GateDraft> inconclusive_key{"inconclusive", Need::optional, "one of pause, fail, pass",
                                          read_inconclusive};
constexpr Key<GateDraft> timeout_key{"timeout", Need::optional, "a duration such as 30s",
                                     read_gate_duration<&model::Gate::timeout>};

constexpr std::array analysis_keys{
    name_key,
    Key<GateDraft>{"prometheus", Need::required, "the server's URL, such as http://prometheus:9090", read_prometheus,
                   list_secret},
    headers_key,
    Key<GateDraft>{"query", Need::required, "a query whose answer is one number", read_query},
    Key<GateDraft>{"success_condition", Need::required, "a condition such as \"< 0.01\"", read_condition},
    interval_key,
    count_key,
    failure_limit_key,
    inconclusive_key,
    timeout_key};

constexpr std::array gate_keys{
    name_key,          Key<GateDraft>{"webhook", Need::optional, "an http or https URL", read_webhook, list_secret},
    headers_key,       Key<GateDraft>{"command", Need::optional, "a command", read_command},
    interval_key,      count_key,
    failure_limit_key, inconclusive_key,
    timeout_key};

std::string number_of(const WaveDraft& into) { return std::to_string(into.wave.gates.size() + 1); }

void read_metric(const Cursor& at, WaveDraft& into) {
  GateDraft draft;
  draft.gate.mark = at.mark();
  draft.gate.name = "analysis " + number_of(into);
  if (!read_map(at, analysis_keys, draft)) return;
  if (draft.condition && draft.metric.success_condition.needs_baseline() &&
      draft.metric.query.find("{targets}") == std::string::npos)
    at.problem("a condition against the baseline needs {targets} in the query",
               "such as rate(errors{instance=~\"{targets}\"}[1m])");
  draft.metric.headers = std::move(draft.headers);
  draft.gate.probe = std::move(draft.metric);
  into.wave.gates.push_back(std::move(draft.gate));
}

void read_one_gate(const Cursor& at, WaveDraft& into) {
  GateDraft draft;
  draft.gate.mark = at.mark();
  draft.gate.name = "gate " + number_of(into);
  const auto before = at.problems().size();
  if (!read_map(at, gate_keys, draft)) return;
  if (draft.probes > 1 || (draft.probes == 0 && at.problems().size() == before))
    at.problem(
        draft.probes > 1 ? "a gate has one of webhook and command, not both" : "a gate needs a webhook or a command",
        "such as {command: ./may-we.sh}");
  if (draft.webhook)
    draft.gate.probe = model::WebhookProbe{std::move(*draft.webhook), std::move(draft.headers)};
  else if (!draft.headers.empty())
    at.problem("'headers' belong to a webhook", "a command gets its secrets from its environment");
  into.wave.gates.push_back(std::move(draft.gate));
}

// Accepts one map or a list of maps.
void read_each(const Cursor& at, std::string_view example, WaveDraft& into, void (*read)(const Cursor&, WaveDraft&)) {
  if (at.value().kind == Value::Kind::map) return read(at, into);
  read_list(at, example, [&](const Cursor& item) { read(item, into); });
}

}  // namespace

void read_analysis(const Cursor& at, WaveDraft& into) {
  read_each(at, "[{prometheus: http://prometheus:9090, query: ..., success_condition: \"< 0.01\"}]", into, read_metric);
}

void list_analysis(const std::string& prefix, std::vector<std::string>& into) {
  list_keys(analysis_keys, prefix + "[]", into);
}

void read_gate(const Cursor& at, WaveDraft& into) { read_each(at, "[{command: ./may-we.sh}]", into, read_one_gate); }

void list_gate(const std::string& prefix, std::vector<std::string>& into) { list_keys(gate_keys, prefix + "[]", into); }

void check_gates(const Cursor& wave, const WaveDraft& draft) {
  const auto& gates = draft.wave.gates;
  for (std::size_t i = 0; i < gates.size(); ++i) {
    const auto same = [&](const model::Gate& other) { return other.name == gates[i].name; };
    if (std::any_of(gates.begin(), gates.begin() + static_cast<std::ptrdiff_t>(i), same))
      wave.problems().add(gates[i].mark, fmt::format("two gates of this wave are called '{}'", gates[i].name),
                          "give each a name of its own");
  }
}

}  // namespace deployctl::plans
