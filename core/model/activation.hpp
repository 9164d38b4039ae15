// How an artifact is made live on a target: hooks, health checks, environment, links. It is sent to targets as
// canonical JSON and is part of the release digest, so changing a port or a hook makes a new release.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/digest.hpp"
#include "core/base/duration.hpp"

namespace deployctl::model {

using Environment = std::map<std::string, std::string>;

struct Hook {
  std::vector<std::string> run;  // each with /bin/sh -e, in order
  Duration timeout{std::chrono::minutes(5)};
  bool empty() const { return run.empty(); }
  bool operator==(const Hook&) const = default;
};

// Hooks that run on targets, in execution order.
enum class TargetHook { drain, stop, install, start, validate, undrain };
inline constexpr std::array target_hooks{TargetHook::drain, TargetHook::stop,     TargetHook::install,
                                         TargetHook::start, TargetHook::validate, TargetHook::undrain};
const char* to_string(TargetHook hook);

struct TcpCheck {
  unsigned port = 0;
  std::string host = "127.0.0.1";
  bool operator==(const TcpCheck&) const = default;
};
struct HttpCheck {
  unsigned port = 0;
  std::string host = "127.0.0.1";
  std::string path = "/";
  unsigned status = 200;
  bool operator==(const HttpCheck&) const = default;
};
struct CommandCheck {
  std::string command;  // with /bin/sh -e in the release folder and the hooks' environment; exit status 0 is healthy
  bool operator==(const CommandCheck&) const = default;
};

struct HealthCheck {
  std::variant<TcpCheck, HttpCheck, CommandCheck> probe;
  Duration interval{std::chrono::seconds(1)};
  Duration timeout{std::chrono::seconds(2)};   // per attempt
  unsigned healthy_after = 1;                  // consecutive passes
  Duration deadline{std::chrono::minutes(1)};  // since the start hook ended
  bool operator==(const HealthCheck&) const = default;
  std::string text() const;  // "tcp 127.0.0.1:6400", "http 127.0.0.1:8080/healthz", "command ./bin/ping"
};

struct Activation {
  std::map<TargetHook, Hook> hooks;
  std::vector<HealthCheck> health_checks;
  Environment env;
  std::vector<std::string> linked_dirs;   // relative paths
  std::vector<std::string> linked_files;  // relative paths
  bool operator==(const Activation&) const = default;

  const Hook* hook(TargetHook which) const;  // nullptr: not set
  std::string json() const;                  // canonical
  static Result<Activation> parse(std::string_view json);
};

}  // namespace deployctl::model
