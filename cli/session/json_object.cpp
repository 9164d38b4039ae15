#include "cli/session/json_object.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "core/text/printable.hpp"

namespace deployctl::cli {

std::string json_quote(std::string_view text) {
  return printable_json(nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

JsonObject& JsonObject::add(std::string_view name, double value) { return add_raw(name, fmt::format("{:.3f}", value)); }

JsonObject& JsonObject::add(std::string_view name, const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const auto& text : texts) quoted.push_back(json_quote(text));
  return add_raw(name, json_array(quoted));
}

JsonObject& JsonObject::add_raw(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_ += json_quote(name);
  members_ += ':';
  members_ += json;
  return *this;
}

JsonObject& JsonObject::add_members(const JsonObject& other) {
  if (!members_.empty() && !other.members_.empty()) members_ += ',';
  members_ += other.members_;
  return *this;
}

std::string json_array(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ",") + item;
  return "[" + out + "]";
}

}  // namespace deployctl::cli
