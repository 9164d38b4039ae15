#include <nlohmann/json.hpp>

#include "core/gate/measure.hpp"
#include "core/http/exchange.hpp"
#include "core/model/bounded_json.hpp"

namespace deployctl::gate {
namespace {

using How = model::Measured::How;

constexpr std::size_t most_words = 200;

std::string first_words(const std::string& text) { return text.substr(0, std::min(most_words, text.find_first_of("\r\n"))); }

// {"status": "pass" | "fail" | "wait", "message": "..."}; whatever else a 2xx says is a pass.
model::Measured of_answer(const std::string& url, const http::Answer& answer) {
  const auto json = model::try_parse_json(answer.body);
  const bool spoken = json.is_object() && json.contains("status") && json["status"].is_string();
  const std::string status = spoken ? json["status"].get<std::string>() : "pass";
  std::string words = "webhook " + url + (spoken ? " says " + status : " answered " + std::to_string(answer.status));
  if (json.is_object() && json.contains("message") && json["message"].is_string()) words += ": " + first_words(json["message"].get<std::string>());
  const How how = status == "pass" ? How::pass : status == "fail" ? How::fail : How::inconclusive;
  return {how, words};
}

}  // namespace

std::string json_of(const model::GateQuestion& question) {
  const nlohmann::ordered_json json{{"service", question.service}, {"environment", question.environment}, {"version", question.version},
                                    {"rollout", question.rollout}, {"wave", question.wave},               {"gate", question.gate.name},
                                    {"updated", question.updated}, {"others", question.others}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

model::Measured measure_webhook(const model::WebhookProbe& probe, const model::GateQuestion& question) {
  http::Request request;
  request.url = probe.url;
  request.json = json_of(question);
  request.timeout = question.gate.timeout;
  const auto answer = http::exchange(request);
  if (!answer) return {How::inconclusive, "webhook: " + answer.error().text()};
  if (answer->ok()) return of_answer(probe.url, *answer);
  const How how = answer->status >= 400 && answer->status < 500 ? How::fail : How::inconclusive;
  return {how, "webhook " + probe.url + " answered " + std::to_string(answer->status) +
                   (answer->body.empty() ? "" : ": " + first_words(answer->body))};
}

}  // namespace deployctl::gate
