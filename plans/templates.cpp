#include "plans/templates.hpp"

#include <algorithm>
#include <map>

namespace deployctl::plans {
namespace {

using Words = std::map<std::string_view, std::string>;

bool plain_in_yaml(std::string_view text) {
  const auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '/' || c == '-';
  };
  // Some YAML readers don't parse "-", null, true or 5 as text, so these are quoted.
  const bool word = text.size() > 1 && text != "null" && text != "true" && text != "false" && text[0] != '-' &&
                    text.find_first_not_of("0123456789.") != std::string_view::npos;
  return word && std::all_of(text.begin(), text.end(), fine);
}

std::string yaml_quoted(std::string_view text) {
  if (plain_in_yaml(text)) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string fill(std::string_view text, const Words& words) {
  std::string out;
  for (;;) {
    const auto open = text.find('@');
    const auto close = open == std::string_view::npos ? open : text.find('@', open + 1);
    if (close == std::string_view::npos) return out + std::string(text);
    const auto word = words.find(text.substr(open + 1, close - open - 1));
    out += text.substr(0, open);
    // An unknown @name@ is kept unchanged.
    out += word == words.end() ? "@" : word->second;
    text.remove_prefix(word == words.end() ? open + 1 : close + 1);
  }
}

}  // namespace

std::string_view plan_template() {
  return
#include "plans/templates/deploy.yaml.in.inc"
      ;
}

std::string_view fleet_template() {
  return
#include "plans/templates/fleet.yaml.in.inc"
      ;
}

std::string_view plan_schema() {
  return
#include "plans/schema/release-plan.schema.json.inc"
      ;
}

std::string_view fleet_schema() {
  return
#include "plans/schema/fleet.schema.json.inc"
      ;
}

std::string fill_plan(const PlanNames& names) {
  // The service name is also part of a path in the template. Its characters need no quotes there.
  Words words{{"service", names.service}, {"repo", yaml_quoted(names.repo)}, {"ref", yaml_quoted(names.ref)}};
  return fill(plan_template(), words);
}

std::string fill_fleet(const FleetNames& names) {
  return fill(
      fleet_template(),
      {{"user", yaml_quoted(names.user)}, {"region", yaml_quoted(names.region)}, {"host", yaml_quoted(names.host)}});
}

}  // namespace deployctl::plans
