#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "core/gate/endpoint.hpp"
#include "core/gate/measure.hpp"
#include "core/http/exchange.hpp"
#include "core/model/bounded_json.hpp"

namespace deployctl::gate {
namespace {

using How = model::Measured::How;

constexpr std::size_t max_words = 200;

std::string first_words(const std::string& text) {
  return text.substr(0, std::min(max_words, text.find_first_of("\r\n")));
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_json(const std::string& type) {
  const std::string bare = lower(type.substr(0, type.find_first_of("; ")));
  return bare == "application/json" || bare == "text/json" || bare.ends_with("+json");
}

bool is_html(const http::Answer& answer) {
  const std::string type = lower(answer.content_type);
  if (type.starts_with("text/html") || type.starts_with("application/xhtml")) return true;
  const auto begin = answer.body.find_first_not_of(" \t\r\n");
  const std::string head = begin == std::string::npos ? "" : lower(answer.body.substr(begin, 14));
  return head.starts_with("<!doctype html") || head.starts_with("<html");
}

bool is_blank(const std::string& body) { return body.find_first_not_of(" \t\r\n") == std::string::npos; }

// A login page, a captive portal or a truncated response says nothing about the release. nullptr: the response can be
// interpreted.
const char* why_not_understood(const http::Answer& answer, const nlohmann::json& json) {
  if (is_blank(answer.body)) return nullptr;
  if (is_html(answer)) return "with an HTML page, not with a verdict";
  if (answer.body.find('\0') != std::string::npos) return "with bytes that are no text in UTF-8";
  const char first = answer.body[answer.body.find_first_not_of(" \t\r\n")];
  // Whatever the content type: truncated JSON is not a verdict.
  const bool begins_as_json = first == '{' || first == '[';
  if (json.is_discarded() && (is_json(answer.content_type) || begins_as_json)) return "with JSON that can't be parsed";
  if (json.is_object() && json.contains("status") && !json["status"].is_string())
    return "with a \"status\" that is not a word";
  return nullptr;
}

// {"status": "pass" | "fail" | "wait", "message": "..."}; an empty body, plain text and other JSON pass.
model::Measured of_answer(const Endpoint& endpoint, const http::Answer& answer) {
  const auto json = model::try_parse_json(answer.body);
  const std::string who = "webhook " + endpoint.shown;
  if (const char* why = why_not_understood(answer, json))
    return {How::inconclusive, who + " answered " + std::to_string(answer.status) + " " + why};
  const bool spoken = json.is_object() && json.contains("status");
  const std::string status = spoken ? json["status"].get<std::string>() : "pass";
  std::string words =
      who + (spoken ? " says " + endpoint.cleaned(first_words(status)) : " answered " + std::to_string(answer.status));
  if (json.is_object() && json.contains("message") && json["message"].is_string())
    words += ": " + endpoint.cleaned(first_words(json["message"].get<std::string>()));
  const How how = status == "pass" ? How::pass : status == "fail" ? How::fail : How::inconclusive;
  return {how, words};
}

}  // namespace

std::string json_of(const model::GateQuestion& question) {
  const nlohmann::ordered_json json{{"service", question.service}, {"environment", question.environment},
                                    {"version", question.version}, {"rollout", question.rollout},
                                    {"wave", question.wave},       {"gate", question.gate.name},
                                    {"updated", question.updated}, {"others", question.others}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

model::Measured measure_webhook(const model::WebhookProbe& probe, const model::GateQuestion& question) {
  const auto endpoint = endpoint_of(probe.url, probe.headers);
  if (!endpoint) return {How::inconclusive, "webhook: " + endpoint.error().text()};
  http::Request request;
  request.url = endpoint->url;
  request.headers = endpoint->headers;
  request.json = json_of(question);
  request.timeout = question.gate.timeout;
  const auto answer = http::exchange(request);
  if (!answer) return {How::inconclusive, "webhook: " + answer.error().text()};
  if (answer->ok()) return of_answer(*endpoint, *answer);
  const How how = answer->status >= 400 && answer->status < 500 ? How::fail : How::inconclusive;
  return {how, "webhook " + endpoint->shown + " answered " + std::to_string(answer->status) +
                   (answer->body.empty() ? "" : ": " + endpoint->cleaned(first_words(answer->body)))};
}

}  // namespace deployctl::gate
