// How a rollout was asked for, kept in the ledger with it so that `resume` needs nothing but its id. A value.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace deployctl::commands {

struct Globals;

struct Asked {
  std::string plan;              // absolute
  std::string fleet;             // of --fleet, absolute; empty: the plan's
  std::vector<std::string> set;  // of --set
  std::string together{};        // a name that the services share which were deployed as one

  static Asked by(const std::string& plan, const Globals& globals);
  std::string json() const;
  // Code::invalid: not written by us; an older deployctl's rollout has none ("").
  static Result<Asked> parse(const std::string& json);
};

}  // namespace deployctl::commands
