#include "plans/fleet/region.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <unordered_set>

#include "core/text/utf8.hpp"
#include "plans/fleet/ranges.hpp"
#include "plans/keys/paths.hpp"
#include "plans/keys/variables.hpp"

namespace deployctl::plans {
namespace {

struct EntryDraft {
  SshKeys ssh;
  const Value* host = nullptr;
  std::map<std::string, std::string> labels;
};
SshKeys& ssh_of(EntryDraft& entry) { return entry.ssh; }

void read_host(const Cursor& at, EntryDraft& into) {
  if (const auto host = read_argument(at); host && has_no_variable(at, *host)) into.host = &at.value();
}

void read_label(const Value& key, const Cursor& at, EntryDraft& into) {
  const Value& value = at.value();
  if (key.text.empty() || key.text.find_first_of("=, ") != std::string::npos || text::has_control(key.text))
    at.problems().add(key.mark(), fmt::format("'{}' is no label", key.text),
                      "no '=', ',' or space: a selector couldn't name it");
  else if (value.kind != Value::Kind::scalar || value.text.empty())
    at.wrong("a text or a number");
  else if (value.text.find_first_of(", ") != std::string::npos || text::has_control(value.text))
    at.problem(fmt::format("'{}' may hold no ',' or space", at.path()), "a selector couldn't name it");
  else
    into.labels[key.text] = value.text;
}

void read_labels(const Cursor& at, EntryDraft& into) {
  read_entries(at, "{role: cache}", [&](const Value& key, const Cursor& value) { read_label(key, value, into); });
}

void list_labels(const std::string& prefix, std::vector<std::string>& into) { into.push_back(prefix + ".*"); }

constexpr std::string_view host_words = "a host such as 10.1.0.1, db.example.com or 10.1.0.[11-14]";
constexpr std::array relay_keys{Key<EntryDraft>{"host", Need::required, host_words, read_host}, user_key<EntryDraft>(),
                                port_key<EntryDraft>(), identity_file_key<EntryDraft>(), ssh_config_key<EntryDraft>()};
constexpr std::array target_keys{
    Key<EntryDraft>{"host", Need::required, host_words, read_host},
    Key<EntryDraft>{"labels", Need::optional, "a map such as {role: cache}", read_labels, list_labels},
    user_key<EntryDraft>(),
    port_key<EntryDraft>(),
    identity_file_key<EntryDraft>(),
    direct_key<EntryDraft>()};

template <std::size_t N>
bool read_entry(const Cursor& at, const std::array<Key<EntryDraft>, N>& keys, EntryDraft& into) {
  if (at.value().kind == Value::Kind::scalar) {
    at.wrong("a map", fmt::format("write {{host: {}}}", at.value().text));
    return false;
  }
  return read_map(at, keys, into) && into.host;
}

// Returns the hosts of an entry. Reports the first invalid one and returns none.
std::vector<std::string> hosts_of(const Cursor& at, const Value& host, std::uint64_t most) {
  auto hosts = expand_hosts(host.text, most);
  if (!hosts) {
    at.problems().add(host.mark(), hosts.error().message, hosts.error().hint);
    return {};
  }
  for (const auto& name : *hosts) {
    if (const auto ok = check_host(name); !ok) {
      at.problems().add(host.mark(), ok.error().message, ok.error().hint);
      return {};
    }
  }
  return std::move(*hosts);
}

std::string resolved(const Cursor& at, const Value* given, const std::string& dir,
                     Result<std::string> (*resolve)(std::string_view, const std::string&)) {
  if (!given) return {};
  auto path = resolve(given->text, dir);
  if (path) return std::move(*path);
  at.problems().add(given->mark(), path.error().message);
  return {};
}

// The relay logs in to the targets behind it, so their key is a path on the relay.
std::string target_identity(const Cursor& at, const Value* given, const RegionDraft& region) {
  if (given && region.has_relays && !is_absolute_or_home(given->text)) {
    at.problems().add(given->mark(),
                      fmt::format("'{}' is a path on the relay of region '{}' and must be absolute or in ~/",
                                  given->text, region.name),
                      "a key of this machine goes into target_ssh.direct");
    return {};
  }
  return resolved(at, given, region.dir, key_path);
}

model::Endpoint endpoint(const SshKeys& ssh) {
  model::Endpoint out;
  out.user = ssh.user.value_or("");
  out.port = ssh.port.value_or(22);
  return out;
}

void read_relay(const Cursor& at, RegionDraft& into, std::unordered_set<std::string>& seen) {
  EntryDraft entry;
  if (!read_entry(at, relay_keys, entry)) return;
  const SshKeys ssh = entry.ssh.over(into.relay_ssh);
  model::Endpoint relay = endpoint(ssh);
  relay.identity_file = resolved(at, ssh.identity_file, into.dir, key_path);
  relay.ssh_config = resolved(at, ssh.ssh_config, into.dir, local_path);
  for (auto& host : hosts_of(at, *entry.host, max_targets)) {
    relay.host = std::move(host);
    if (seen.insert(fmt::format("{} {}", plain_host(relay.host), relay.port)).second)
      into.region.relays.push_back(relay);
    else
      at.problems().add(entry.host->mark(),
                        fmt::format("the relay {} is listed twice in region '{}'", relay.name(), into.name));
  }
}

// Returns false if the fleet already contains this host:port.
bool take(const Cursor& at, RegionDraft& into, const EntryDraft& entry, const model::Endpoint& endpoint, bool quiet) {
  const auto [first, is_new] =
      into.seen.emplace(fmt::format("{} {}", plain_host(endpoint.host), endpoint.port), Seen{entry.host, &into.name});
  if (is_new) return true;
  if (quiet) return false;
  const Seen& other = first->second;
  at.problems().add(entry.host->mark(), fmt::format("the target {} is listed twice", endpoint.name()),
                    other.host == entry.host
                        ? "its ranges overlap"
                        : fmt::format("first at {}, in region '{}'", other.host->mark().text(), *other.region));
  return false;
}

void read_target(const Cursor& at, RegionDraft& into) {
  EntryDraft entry;
  if (!read_entry(at, target_keys, entry)) return;
  const SshKeys ssh = entry.ssh.over(into.target_ssh);
  model::Target target;
  target.endpoint = endpoint(ssh);
  target.endpoint.identity_file = target_identity(at, ssh.identity_file, into);
  if (ssh.direct_identity_file)
    target.direct_identity_file = resolved(at, ssh.direct_identity_file, into.dir, key_path);
  target.labels = std::move(entry.labels);
  bool all_new = true;
  for (auto& host : hosts_of(at, *entry.host, max_targets - std::min<std::uint64_t>(max_targets, into.seen.size()))) {
    target.endpoint.host = std::move(host);
    if (take(at, into, entry, target.endpoint, !all_new))
      into.region.targets.push_back(target);
    else
      all_new = false;
  }
}

void read_relays(const Cursor& at, RegionDraft& into) {
  std::unordered_set<std::string> seen;
  into.has_relays = at.value().kind == Value::Kind::list && at.value().size() > 0;
  read_list(at, "[{host: 10.1.0.1}]", [&](const Cursor& item) { read_relay(item, into, seen); });
}

void read_targets(const Cursor& at, RegionDraft& into) {
  if (!read_list(at, "[{host: 10.1.0.11}]", [&](const Cursor& item) { read_target(item, into); })) return;
  if (at.value().size() == 0)
    at.problem(fmt::format("the region '{}' has no targets", into.name), "list at least one, or take the region out");
}

// Layers the region's own block over the fleet's.
void narrow(const Cursor& at, SshKeys& keys, void (*read)(const Cursor&, SshKeys&)) {
  SshKeys own;
  read(at, own);
  keys = own.over(keys);
}

template <auto keys>
void list_items(const std::string& prefix, std::vector<std::string>& into) {
  list_keys(*keys, prefix + "[]", into);
}

constexpr std::array region_keys{
    Key<RegionDraft>{"relay_ssh", Need::optional, "a map such as {user: deploy}",
                     [](const Cursor& at, RegionDraft& r) { narrow(at, r.relay_ssh, read_relay_ssh); }, list_relay_ssh},
    Key<RegionDraft>{"target_ssh", Need::optional, "a map such as {user: deploy}",
                     [](const Cursor& at, RegionDraft& r) { narrow(at, r.target_ssh, read_target_ssh); },
                     list_target_ssh},
    Key<RegionDraft>{"relays", Need::optional, "a list such as [{host: 10.1.0.1}]", read_relays,
                     list_items<&relay_keys>},
    Key<RegionDraft>{"targets", Need::required, "a list such as [{host: \"10.1.0.[11-14]\"}]", read_targets,
                     list_items<&target_keys>}};

}  // namespace

void read_region(const Cursor& at, RegionDraft& into) { read_map(at, region_keys, into); }

void list_region(const std::string& prefix, std::vector<std::string>& into) { list_keys(region_keys, prefix, into); }

}  // namespace deployctl::plans
