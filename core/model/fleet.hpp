// A fleet: regions in file order, each with its targets and relays (no relays: the controller connects to the targets
// directly).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/endpoint.hpp"
#include "core/model/freeze.hpp"

namespace deployctl::model {

struct Target {
  Endpoint endpoint;                                // as seen from the relay, or from the controller without relays
  std::optional<std::string> direct_identity_file;  // target_ssh.direct: the key used from the control host
  std::map<std::string, std::string> labels;
  std::string name() const { return endpoint.name(); }
};

struct Region {
  std::string name;
  std::vector<Endpoint> relays;
  std::vector<Target> targets;
};

struct Fleet {
  std::string file;         // for messages
  std::string known_hosts;  // absolute path
  std::vector<Region> regions;
  std::vector<FreezeWindow> freezes;  // periods without deployments
  const Region* find(const std::string& name) const;
};

// "role=cache,env=prod": every pair must match a label. Empty matches all.
class Selector {
 public:
  static Result<Selector> parse(std::string_view text);
  bool matches(const std::map<std::string, std::string>& labels) const;
  bool operator==(const Selector&) const = default;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace deployctl::model
