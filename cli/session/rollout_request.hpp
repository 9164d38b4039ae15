// How a rollout was asked for, kept in the ledger with it so that `resume` needs nothing but its id. A value.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace deployctl::cli {

class Context;
struct Globals;

struct RolloutRequest {
  std::string plan;                   // absolute
  std::string fleet;                  // of --fleet, absolute; empty: the plan's
  std::vector<std::string> set;       // of --set
  std::string together{};             // a name that the services share which were deployed as one
  std::vector<std::string> notify{};  // of --notify; json() keeps those that hold no secret, for `resume`

  static RolloutRequest by(const std::string& plan, const Globals& globals);
  // The same, where a plan or a fleet that can't be read again by its name (a pipe, /dev/stdin) is copied to the state
  // folder first.
  static Result<RolloutRequest> kept(Context& context, const std::string& plan);
  std::string json() const;
  // Code::invalid: not written by us; an older deployctl's rollout has none ("").
  static Result<RolloutRequest> parse(const std::string& json);
};

}  // namespace deployctl::cli
