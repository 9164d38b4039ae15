#include "plans/blocks/health_checks.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include "core/text/utf8.hpp"
#include "plans/keys/variables.hpp"

namespace deployctl::plans {
namespace {

struct CheckDraft {
  model::HealthCheck check;
  unsigned probes = 0;
};

bool is_address(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  return host == "localhost" || ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

template <class Probe>
void read_port(const Cursor& at, Probe& into) {
  if (const auto port = read_number(at, 1, 65535)) into.port = *port;
}

template <class Probe>
void read_host(const Cursor& at, Probe& into) {
  const auto host = read_text(at);
  if (!host || !has_no_variable(at, *host)) return;
  if (is_address(*host))
    into.host = *host;
  else
    at.wrong("an IP address or localhost", "a check is made on the target and asks no name server");
}

void read_path(const Cursor& at, model::HttpCheck& into) {
  const auto path = read_text(at);
  if (!path || !has_no_variable(at, *path, true)) return;
  if (path->front() == '/' && !text::has_control(*path) && path->find(' ') == std::string::npos)
    into.path = *path;
  else
    at.wrong("a path that begins with '/' and holds no spaces", "such as /healthz");
}

void read_status(const Cursor& at, model::HttpCheck& into) {
  if (const auto status = read_number(at, 100, 599)) into.status = *status;
}

template <class Probe>
constexpr Key<Probe> port_of() {
  return {"port", Need::required, "a port", read_port<Probe>};
}
template <class Probe>
constexpr Key<Probe> host_of() {
  return {"host", Need::optional, "an IP address or localhost", read_host<Probe>};
}
constexpr std::array tcp_keys{port_of<model::TcpCheck>(), host_of<model::TcpCheck>()};
constexpr std::array http_keys{
    port_of<model::HttpCheck>(), host_of<model::HttpCheck>(),
    Key<model::HttpCheck>{"path", Need::optional, "a path such as /healthz", read_path},
    Key<model::HttpCheck>{"status", Need::optional, "an HTTP status such as 200", read_status}};

template <class Probe, auto keys>
void read_probe(const Cursor& at, CheckDraft& into) {
  Probe probe;
  ++into.probes;
  read_map(at, *keys, probe);
  into.check.probe = std::move(probe);
}

void read_command(const Cursor& at, CheckDraft& into) {
  ++into.probes;
  if (auto command = read_text(at)) into.check.probe = model::CommandCheck{std::move(*command)};
}

template <auto keys>
void list_probe(const std::string& prefix, std::vector<std::string>& into) {
  list_keys(*keys, prefix, into);
}

template <Duration model::HealthCheck::*member>
constexpr Key<CheckDraft> duration_key(std::string_view name) {
  return {name, Need::optional, "a duration such as 10s", [](const Cursor& at, CheckDraft& c) {
            if (const auto duration = read_duration(at)) c.check.*member = *duration;
          }};
}

void read_healthy_after(const Cursor& at, CheckDraft& into) {
  if (const auto passes = read_number(at, 1, 1000)) into.check.healthy_after = *passes;
}

constexpr std::array check_keys{Key<CheckDraft>{"tcp", Need::optional, "{port: 6400}",
                                                read_probe<model::TcpCheck, &tcp_keys>, list_probe<&tcp_keys>},
                                Key<CheckDraft>{"http", Need::optional, "{port: 8080}",
                                                read_probe<model::HttpCheck, &http_keys>, list_probe<&http_keys>},
                                Key<CheckDraft>{"command", Need::optional, "a command", read_command},
                                duration_key<&model::HealthCheck::interval>("interval"),
                                duration_key<&model::HealthCheck::timeout>("timeout"),
                                Key<CheckDraft>{"healthy_after", Need::optional, "a count", read_healthy_after},
                                duration_key<&model::HealthCheck::deadline>("deadline")};

void read_check(const Cursor& at, PlanDraft& into) {
  CheckDraft draft;
  const auto before = at.problems().size();
  if (!read_map(at, check_keys, draft)) return;
  // A null or misspelt probe has already been reported.
  if (draft.probes > 1 || (draft.probes == 0 && at.problems().size() == before))
    at.problem(draft.probes > 1 ? "a health check has one of tcp, http and command, not several"
                                : "a health check needs one of tcp, http and command",
               "such as {tcp: {port: 6400}}");
  into.plan.release.activation.health_checks.push_back(std::move(draft.check));
}

}  // namespace

void read_health_checks(const Cursor& at, PlanDraft& into) {
  read_list(at, "[{tcp: {port: 6400}}]", [&](const Cursor& item) { read_check(item, into); });
}

void list_health_checks(const std::string& prefix, std::vector<std::string>& into) {
  list_keys(check_keys, prefix + "[]", into);
}

}  // namespace deployctl::plans
