#include <fmt/core.h>

#include <cmath>
#include <limits>

#include "core/gate/measure.hpp"
#include "core/gate/prometheus.hpp"

namespace deployctl::gate {
namespace {

using How = model::Measured::How;

model::Measured no_answer(const std::string& query, const Error& why) {
  return {How::inconclusive, "query " + query + ": " + why.text()};
}

}  // namespace

model::Measured measure_metric(const model::MetricProbe& probe, const model::GateQuestion& question) {
  const auto& condition = probe.success_condition;
  const auto server = endpoint_of(probe.prometheus, probe.headers);
  if (!server) return no_answer(probe.query, server.error());
  const auto value = query(*server, expanded(probe.query, question.updated), question.gate.timeout);
  if (!value) return no_answer(probe.query, value.error());
  double baseline = std::numeric_limits<double>::quiet_NaN();
  if (condition.needs_baseline()) {
    if (question.others.empty())
      return {How::inconclusive, "query " + probe.query + ": no target is left that could be the baseline"};
    const auto measured = query(*server, expanded(probe.query, question.others), question.gate.timeout);
    if (!measured) return no_answer(probe.query + " of the baseline", measured.error());
    baseline = *measured;
  }
  std::string words = fmt::format("query {} is {:.6g}, {} is wanted", probe.query, *value, condition.text());
  if (condition.needs_baseline())
    words += fmt::format(" (the baseline is {:.6g}, so {:.6g})", baseline, condition.limit(baseline));
  return {condition.holds(*value, baseline) ? How::pass : How::fail, words};
}

}  // namespace deployctl::gate
