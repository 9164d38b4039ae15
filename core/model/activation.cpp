#include "core/model/activation.hpp"

#include "core/model/json.hpp"

namespace deployctl::model {
namespace {

using detail::Json;

Json to_json(const Hook& hook) { return {{"run", hook.run}, {"timeout_ms", hook.timeout.count()}}; }

Hook hook_from(const Json& json) {
  return {json.at("run").get<std::vector<std::string>>(), Duration(json.at("timeout_ms").get<std::int64_t>())};
}

struct ProbeToJson {
  Json operator()(const TcpCheck& p) const { return {{"kind", "tcp"}, {"host", p.host}, {"port", p.port}}; }
  Json operator()(const HttpCheck& p) const {
    return {{"kind", "http"}, {"host", p.host}, {"port", p.port}, {"path", p.path}, {"status", p.status}};
  }
  Json operator()(const CommandCheck& p) const { return {{"kind", "command"}, {"command", p.command}}; }
};

std::variant<TcpCheck, HttpCheck, CommandCheck> probe_from(const Json& json) {
  const auto kind = json.at("kind").get<std::string>();
  if (kind == "command") return CommandCheck{json.at("command").get<std::string>()};
  const auto port = json.at("port").get<unsigned>();
  const auto host = json.at("host").get<std::string>();
  if (kind == "tcp") return TcpCheck{port, host};
  if (kind == "http")
    return HttpCheck{port, host, json.at("path").get<std::string>(), json.at("status").get<unsigned>()};
  throw Json::other_error::create(501, "unknown kind of health check '" + kind + "'", &json);
}

Json to_json(const HealthCheck& c) {
  return {{"probe", std::visit(ProbeToJson{}, c.probe)},
          {"interval_ms", c.interval.count()},
          {"timeout_ms", c.timeout.count()},
          {"healthy_after", c.healthy_after},
          {"deadline_ms", c.deadline.count()}};
}

HealthCheck check_from(const Json& json) {
  const auto ms = [&json](const char* key) { return Duration(json.at(key).get<std::int64_t>()); };
  HealthCheck check;
  check.probe = probe_from(json.at("probe"));
  check.interval = ms("interval_ms");
  check.timeout = ms("timeout_ms");
  check.healthy_after = json.at("healthy_after").get<unsigned>();
  check.deadline = ms("deadline_ms");
  return check;
}

Activation activation_from(const Json& json) {
  Activation a;
  for (const auto which : target_hooks)
    if (const auto at = json.at("hooks").find(to_string(which)); at != json.at("hooks").end())
      a.hooks[which] = hook_from(*at);
  for (const auto& check : json.at("health_checks")) a.health_checks.push_back(check_from(check));
  a.env = json.at("env").get<Environment>();
  a.linked_dirs = json.at("linked_dirs").get<std::vector<std::string>>();
  a.linked_files = json.at("linked_files").get<std::vector<std::string>>();
  return a;
}

bool possible_port(unsigned port) { return port >= 1 && port <= 65535; }

struct PossibleProbe {
  bool operator()(const TcpCheck& p) const { return possible_port(p.port) && !p.host.empty(); }
  bool operator()(const HttpCheck& p) const { return possible_port(p.port) && !p.host.empty(); }
  bool operator()(const CommandCheck& p) const { return !p.command.empty(); }
};

bool possible(const HealthCheck& c) {
  return std::visit(PossibleProbe{}, c.probe) && c.interval.count() > 0 && c.timeout.count() > 0 &&
         c.deadline.count() > 0 && c.healthy_after > 0;
}

Status check_values(const Activation& a) {
  for (const auto& check : a.health_checks)
    if (!possible(check)) return fail(Code::invalid, "the health check '" + check.text() + "' has an impossible value");
  for (const auto& [which, hook] : a.hooks)
    if (hook.timeout.count() <= 0)
      return fail(Code::invalid, std::string("the hook '") + to_string(which) + "' has an impossible timeout");
  return {};
}

struct ProbeText {
  std::string operator()(const TcpCheck& p) const { return "tcp " + p.host + ":" + std::to_string(p.port); }
  std::string operator()(const HttpCheck& p) const { return "http " + p.host + ":" + std::to_string(p.port) + p.path; }
  std::string operator()(const CommandCheck& p) const { return "command " + p.command; }
};

}  // namespace

const char* to_string(TargetHook hook) {
  constexpr std::array words{"drain", "stop", "install", "start", "validate", "undrain"};
  return words.at(static_cast<std::size_t>(hook));
}

std::string HealthCheck::text() const { return std::visit(ProbeText{}, probe); }

const Hook* Activation::hook(TargetHook which) const {
  const auto at = hooks.find(which);
  return at == hooks.end() || at->second.empty() ? nullptr : &at->second;
}

std::string Activation::json() const {
  Json json{{"hooks", Json::object()},
            {"health_checks", Json::array()},
            {"env", env},
            {"linked_dirs", linked_dirs},
            {"linked_files", linked_files}};
  for (const auto& [which, hook] : hooks)
    if (!hook.empty()) json["hooks"][to_string(which)] = to_json(hook);
  for (const auto& check : health_checks) json["health_checks"].push_back(to_json(check));
  return detail::dump(json);
}

Result<Activation> Activation::parse(std::string_view text) {
  DEPLOYCTL_TRY(activation, detail::read_json<Activation>(text, "an activation", activation_from));
  // Accept one spelling only: an unknown key (from a newer version) must not silently drop out of the digest.
  if (activation.json() != text)
    return fail(Code::invalid, "an activation is spelled in a way that this version does not know");
  DEPLOYCTL_CHECK(check_values(activation));
  return activation;
}

}  // namespace deployctl::model
