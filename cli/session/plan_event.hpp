// Events about a plan's service. Pure.
#pragma once

#include "cli/session/json_object.hpp"
#include "core/events/event.hpp"
#include "core/model/plan.hpp"

namespace deployctl::cli {

inline events::Event plan_event(const model::Plan& plan, std::string name, const JsonObject& body = {}) {
  events::Event event;
  event.name = std::move(name);
  event.service = plan.service;
  event.environment = plan.environment;
  event.body = body.text();
  return event;
}

}  // namespace deployctl::cli
