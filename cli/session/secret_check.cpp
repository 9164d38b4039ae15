#include "cli/session/secret_check.hpp"

#include "core/secret/resolve.hpp"

namespace deployctl::cli {
namespace {

Status check(const model::SecretSource& source) {
  if (source.is_literal()) return {};
  auto value = secret::resolve(source);
  return value ? Status() : fail(std::move(value).error());
}

Status check_gate(const model::Gate& gate) {
  const auto* metric = std::get_if<model::MetricProbe>(&gate.probe);
  const auto* webhook = std::get_if<model::WebhookProbe>(&gate.probe);
  if (!metric && !webhook) return {};
  DEPLOYCTL_CHECK(check(metric ? metric->prometheus : webhook->url));
  for (const auto& [name, source] : metric ? metric->headers : webhook->headers) {
    DEPLOYCTL_CHECK(check(source));
  }
  return {};
}

}  // namespace

Status check_secrets(const model::Plan& plan, const std::vector<model::SecretSource>& notify) {
  for (const auto& url : notify) {
    if (auto read = check(url); !read) return fail(with_context(read.error(), "--notify"));
  }
  for (const auto& wave : plan.rollout.waves) {
    for (const auto& gate : wave.gates) {
      if (auto read = check_gate(gate); !read)
        return fail(with_context(read.error(), gate.mark.text() + ": gate '" + gate.name + "'"));
    }
  }
  return {};
}

}  // namespace deployctl::cli
