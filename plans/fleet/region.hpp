// One region of a fleet: its relays and targets, ranges written out, ssh keys resolved. Used by the fleet
// loader only.
#pragma once

#include <string>
#include <unordered_map>

#include "core/model/fleet.hpp"
#include "plans/fleet/ssh_keys.hpp"

namespace deployctl::plans {

// Where each host:port of the fleet was first seen.
struct Seen {
  const Value* host = nullptr;
  const std::string* region = nullptr;
};

struct RegionDraft {
  const std::string& dir;  // of the fleet file
  std::unordered_map<std::string, Seen>& seen;
  const std::string& name;        // outlives `seen`, which points to it
  SshKeys relay_ssh, target_ssh;  // the fleet's, then with the region's own over them
  model::Region region{};
  bool has_relays = false;
};

void read_region(const Cursor& at, RegionDraft& into);
void list_region(const std::string& prefix, std::vector<std::string>& into);

}  // namespace deployctl::plans
