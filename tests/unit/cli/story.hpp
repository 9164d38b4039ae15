// Events as the runner emits them, told in few words: what tests of renderers are fed with.
#pragma once

#include <string>

#include "core/events/event.hpp"

namespace deployctl::output {

struct Told {
  std::string region{}, target{}, body = "{}", wave{};
  std::optional<Error> error{};
};

inline events::Event event(std::string name, Told told = {}) {
  static const WallTime noon(std::chrono::milliseconds(1'795'521'600'000));
  events::Event e;
  e.name = std::move(name);
  e.seq = 1;
  e.time = noon;
  e.rollout = "r-1";
  e.service = "redis";
  e.environment = "production";
  e.version = "7.2.4";
  e.region = std::move(told.region);
  e.target = std::move(told.target);
  e.body = std::move(told.body);
  e.wave = std::move(told.wave);
  e.error = std::move(told.error);
  return e;
}

inline events::Event started() {
  return event(
      "rollout_started",
      {.body =
           R"({"kind":"deploy","previous":"7.2.3","targets":5,"waves":[{"name":"canary","targets":1},)"
           R"({"name":"world","targets":4}],"regions":[{"name":"eu-west","targets":3},{"name":"us","targets":2}]})"});
}

inline events::Event finished(const std::string& result, std::optional<Error> error = {}) {
  return event("rollout_finished",
               {.body = R"({"result":")" + result +
                        R"(","version":"7.2.4","previous":"7.2.3","seconds":125,"wan_bytes":20412345})",
                .error = std::move(error)});
}

inline events::Event about_target(const char* name, const char* region, const char* target, std::string body = "{}",
                                  std::optional<Error> error = {}) {
  return event(name, {.region = region, .target = target, .body = std::move(body), .error = std::move(error)});
}

}  // namespace deployctl::output
