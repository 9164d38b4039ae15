#include "plans/fleet/fleet_loader.hpp"

#include <fmt/format.h>

#include "plans/fleet/freezes.hpp"
#include "plans/fleet/region.hpp"
#include "plans/keys/names.hpp"
#include "plans/keys/paths.hpp"
#include "plans/keys/variables.hpp"

namespace deployctl::plans {
namespace {

struct FleetDraft {
  std::string dir;
  FleetRead read;
  SshKeys relay_ssh, target_ssh;
  std::unordered_map<std::string, Seen> seen;
};

void read_known_hosts(const Cursor& at, FleetDraft& into) {
  const auto text = read_text(at);
  if (!text || !has_no_variable(at, *text)) return;
  auto path = local_path(*text, into.dir);
  if (path)
    into.read.fleet.known_hosts = std::move(*path);
  else
    at.problem(path.error().message);
}

bool region_name_is_fine(const Value& key, const Cursor& at) {
  if (key.text == "all") {
    at.problems().add(key.mark(), "a region may not be called 'all'", "a wave's 'regions: all' means every region");
    return false;
  }
  if (is_name(key.text)) return true;
  at.problems().add(key.mark(), fmt::format("'{}' is no name of a region", key.text),
                    "letters, digits, '.', '_' and '-', a letter or digit first");
  return false;
}

void read_one_region(const Value& key, const Cursor& at, FleetDraft& into) {
  into.read.declared.push_back(key.text);
  if (!region_name_is_fine(key, at)) return;
  if (at.value().kind == Value::Kind::null) {
    at.problem(fmt::format("the region '{}' has no targets", key.text), "list at least one, or take the region out");
    return;
  }
  RegionDraft draft{into.dir, into.seen, key.text, into.relay_ssh, into.target_ssh};
  draft.region.name = key.text;
  read_region(at, draft);
  into.read.fleet.regions.push_back(std::move(draft.region));
}

void read_regions(const Cursor& at, FleetDraft& into) {
  const bool is_map = read_entries(at, "eu-west: {targets: [{host: 10.1.0.11}]}",
                                   [&](const Value& key, const Cursor& region) { read_one_region(key, region, into); });
  if (is_map && at.value().size() == 0) at.problem("the fleet has no regions", "give at least one with its targets");
}

void list_regions(const std::string& prefix, std::vector<std::string>& into) {
  into.push_back(prefix + ".*");
  list_region(prefix + ".*", into);
}

constexpr std::array fleet_keys{
    Key<FleetDraft>{"known_hosts", Need::optional, "the path of a known_hosts file", read_known_hosts},
    Key<FleetDraft>{"relay_ssh", Need::optional, "a map such as {user: deploy}",
                    [](const Cursor& at, FleetDraft& f) { read_relay_ssh(at, f.relay_ssh); }, list_relay_ssh},
    Key<FleetDraft>{"target_ssh", Need::optional, "a map such as {user: deploy}",
                    [](const Cursor& at, FleetDraft& f) { read_target_ssh(at, f.target_ssh); }, list_target_ssh},
    Key<FleetDraft>{"regions", Need::required, "a map of regions", read_regions, list_regions},
    Key<FleetDraft>{"freeze", Need::optional, "a list of windows",
                    [](const Cursor& at, FleetDraft& f) { read_freezes(at, f.read.fleet.freezes); }, list_freezes},
    later<FleetDraft>("command")};

}  // namespace

FleetRead read_fleet(YamlSource& source, const std::string& path, const std::string& shown, const Value* named_by,
                     Problems& problems) {
  FleetDraft draft;
  const std::size_t before = problems.size();
  draft.dir = folder_of(path);
  draft.read.fleet.file = path;
  draft.read.fleet.known_hosts = local_path("~/.ssh/known_hosts", draft.dir).value_or("");
  if (const Value* root = source.read_file(path, shown, problems, named_by))
    read_map(Cursor(*root, problems), fleet_keys, draft);
  draft.read.clean = problems.size() == before;
  return std::move(draft.read);
}

std::vector<std::string> known_fleet_keys() {
  std::vector<std::string> keys;
  list_keys(fleet_keys, {}, keys);
  return keys;
}

}  // namespace deployctl::plans
