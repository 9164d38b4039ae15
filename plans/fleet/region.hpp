// Reads one region of a fleet: its relays and targets, with ranges expanded and SSH settings resolved. Used only by the
// fleet loader.
#pragma once

#include <string>
#include <unordered_map>

#include "core/model/fleet.hpp"
#include "plans/fleet/ssh_keys.hpp"

namespace deployctl::plans {

// Where a host:port of the fleet was first listed.
struct Seen {
  const Value* host = nullptr;
  const std::string* region = nullptr;
};

struct RegionDraft {
  const std::string& dir;  // the fleet file's folder
  std::unordered_map<std::string, Seen>& seen;
  const std::string& name;        // outlives `seen`, which points to it
  SshKeys relay_ssh, target_ssh;  // the fleet's settings, then overlaid with the region's own
  model::Region region{};
  bool has_relays = false;
};

void read_region(const Cursor& at, RegionDraft& into);
void list_region(const std::string& prefix, std::vector<std::string>& into);

}  // namespace deployctl::plans
