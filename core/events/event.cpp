#include "core/events/event.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/model/bounded_json.hpp"
#include "core/text/printable.hpp"

namespace deployctl::events {
namespace {

// Members in the order in which they were put in.
using Json = nlohmann::ordered_json;

std::string to_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// Stray bytes in JSON text can only stand within its strings: they are replaced there and then the text parses.
std::string valid_utf8(const std::string& text) {
  return model::parse_json<Json>(to_line(Json(text))).get<std::string>();
}

// A body that is no object at all is shown as it is rather than lost with the line.
Json body_of(const std::string& text) {
  if (text.empty()) return Json::object();
  Json body = model::try_parse_json<Json>(text);
  if (body.is_discarded()) body = model::try_parse_json<Json>(valid_utf8(text));
  if (body.is_object()) return body;
  return Json{{"body", text}};
}

Json to_json(const Error& e) { return {{"code", to_string(e.code)}, {"message", e.text()}, {"hint", e.hint}}; }

Error error_from(const Json& json) {
  Error e = error(to_code(json.at("code").get<std::string>()), json.at("message").get<std::string>());
  e.hint = json.value("hint", "");
  return e;
}

Event event_from(Json json) {
  Event event;
  const auto take = [&json](const char* name, auto& member) {
    if (const auto found = json.find(name); found != json.end()) {
      found->get_to(member);
      json.erase(name);
    }
  };
  json.at("event").get_to(event.name);
  json.erase("event");
  json.erase("schema");
  take("seq", event.seq);
  take("rollout", event.rollout);
  take("service", event.service);
  take("environment", event.environment);
  take("version", event.version);
  take("wave", event.wave);
  take("region", event.region);
  take("target", event.target);
  if (json.contains("error")) {
    event.error = error_from(json.at("error"));
    json.erase("error");
  }
  event.body = to_line(json);
  return event;
}

}  // namespace

std::string to_json_line(const Event& event) {
  Json line{{"schema", event_schema},
            {"seq", event.seq},
            {"time", deployctl::to_string(event.time)},
            {"event", event.name},
            {"rollout", event.rollout},
            {"service", event.service},
            {"environment", event.environment}};
  const auto where_it_applies = [&line](const char* name, const std::string& value) {
    if (!value.empty()) line[name] = value;
  };
  where_it_applies("version", event.version);
  where_it_applies("wave", event.wave);
  where_it_applies("region", event.region);
  where_it_applies("target", event.target);
  if (event.error) line["error"] = to_json(*event.error);
  const Json body = body_of(event.body);
  for (const auto& [name, value] : body.items())
    if (!line.contains(name)) line[name] = value;
  return printable_json(to_line(line));
}

Result<Event> parse_event(std::string_view line) {
  try {
    Json json = model::parse_json<Json>(line);
    for (const char* name : {"schema", "seq"})
      if (json.contains(name) && !json.at(name).is_number_integer())
        return fail(Code::invalid, std::string("a line is no event: '") + name + "' is not an integer");
    const int schema = json.at("schema").get<int>();
    if (schema > event_schema)
      return fail(Code::unsupported, "an event of schema " + std::to_string(schema) + "; this version knows " +
                                         std::to_string(event_schema));
    DEPLOYCTL_TRY(time, parse_time(json.at("time").get<std::string>()));
    json.erase("time");
    Event event = event_from(std::move(json));
    event.time = time;
    return event;
  } catch (const Json::exception& e) {
    return fail(Code::invalid, std::string("a line is no event: ") + e.what());
  }
}

std::optional<Event> parse_if_named(std::string_view line, std::initializer_list<std::string_view> names) {
  // to_json_line puts the name near the beginning, before any text of others. A line of another order is parsed.
  constexpr std::string_view before = "\"event\":\"";
  const auto at = line.substr(0, 200).find(before);
  const auto is_wanted = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (at != std::string_view::npos) {
    const auto begin = at + before.size();
    if (!is_wanted(line.substr(begin, line.find('"', begin) - begin))) return {};
  }
  auto event = parse_event(line);
  if (!event || !is_wanted(event->name)) return {};
  return std::move(*event);
}

}  // namespace deployctl::events
