#include "core/gate/prometheus.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/http/exchange.hpp"
#include "core/model/bounded_json.hpp"

namespace deployctl::gate {
namespace {

using Json = nlohmann::json;

constexpr std::string_view placeholder = "{targets}";

// Escapes special characters as one-character classes. Drops characters that would end the class or the quotes.
std::string literal(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '.' || c == '+' || c == '*' || c == '?' || c == '(' || c == ')' || c == '|' || c == '{' || c == '}' ||
        c == '$')
      out += {'[', c, ']'};
    else if (c != '[' && c != ']' && c != '\\' && c != '"' && c != '^')
      out += c;
  }
  return out;
}

std::string pattern_of(const std::vector<std::string>& targets) {
  std::string all;
  for (const auto& target : targets) {
    const bool has_port = target.find(':') != std::string::npos && target.find(':') == target.rfind(':');
    all += (all.empty() ? "" : "|") + literal(target) + (has_port ? "" : "(:[0-9]+)?");
  }
  return all;
}

Result<double> number_of(const Json& sample) {
  const std::string text = sample.at(1).get<std::string>();  // [time, "value"]
  try {
    const double value = std::stod(text);
    if (!std::isnan(value)) return value;
  } catch (const std::exception&) {
  }
  return fail(Code::not_found, "the answer is " + text + ", no number");
}

Result<double> read(const Json& answer) {
  if (answer.at("status") != "success")
    return fail(Code::invalid, answer.value("error", std::string("the query failed")));
  const auto& data = answer.at("data");
  const auto& result = data.at("result");
  const std::string type = data.at("resultType").get<std::string>();
  if (type == "scalar") return number_of(result);
  if (type != "vector") return fail(Code::invalid, "the answer is a " + type + ", not one number");
  if (result.empty()) return fail(Code::not_found, "there is no data");
  if (result.size() > 1)
    return fail(Code::invalid,
                "there are " + std::to_string(result.size()) + " series, not one: aggregate them, such as sum(...)");
  return number_of(result.at(0).at("value"));
}

}  // namespace

std::string expanded(const std::string& query, const std::vector<std::string>& targets) {
  std::string out = query;
  const std::string pattern = pattern_of(targets);
  for (auto at = out.find(placeholder); at != std::string::npos; at = out.find(placeholder, at + pattern.size()))
    out.replace(at, placeholder.size(), pattern);
  return out;
}

Result<double> value_of(const std::string& json) {
  try {
    return read(model::parse_json(json));
  } catch (const Json::exception&) {
    return fail(Code::invalid, "the answer is not Prometheus': " + json.substr(0, 100));
  }
}

Result<double> query(const Endpoint& server, const std::string& text, Duration timeout) {
  http::Request request;
  request.url = server.url + (server.url.ends_with('/') ? "" : "/") + "api/v1/query?query=" + http::escaped(text);
  request.headers = server.headers;
  request.timeout = timeout;
  DEPLOYCTL_TRY(answer, http::exchange(request));
  auto value = value_of(answer.body);  // an invalid query has status 400 and a JSON error message
  if (value) return value;
  if (!answer.ok() && answer.body.find("\"status\"") == std::string::npos)
    return fail(Code::unreachable, server.shown + ": status " + std::to_string(answer.status));
  Error why = value.error();
  why.message = server.cleaned(why.message);
  return fail(with_context(std::move(why), server.shown));
}

}  // namespace deployctl::gate
