// A command line as it was parsed: what a later command has to repeat to be about the same thing. A value.
#pragma once

#include <string>
#include <vector>

namespace deployctl::cli {

struct Globals;
struct RolloutRequest;

struct Invocation {
  std::string plan;  // as the user named it, with the name of a service behind '#' where one is meant
  std::string fleet, state;
  std::vector<std::string> set;
  std::string ref, artifact, version;  // of deploy; at most one is given
  std::string override_freeze;
  std::vector<std::string> notify;
  bool has_ledger = true;  // false: no rollout can be named by its id

  static Invocation of(const Globals& globals, std::string plan);
  // Of a rollout that the ledger knows: its own plan, fleet and overrides, whatever this command line says.
  static Invocation of(const Globals& globals, const RolloutRequest& asked);
};

}  // namespace deployctl::cli
