#include "plans/blocks/services.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/text/nearest_word.hpp"
#include "plans/keys/names.hpp"

namespace deployctl::plans {
namespace {

// Maps are merged key by key; for any other kind, the value from `over` replaces the one from `under`.
const Value* merged(const Value& under, const Value& over, YamlSource& source) {
  if (under.kind != Value::Kind::map || over.kind != Value::Kind::map) return &over;
  Value& out = source.make();
  out = under;
  out.line = over.line;
  out.column = over.column;
  out.file = over.file;
  for (std::size_t i = 0; i < over.size(); ++i) {
    std::size_t at = 0;
    while (at < out.size() && out.key(at).text != over.key(i).text) ++at;
    if (at == out.size()) {
      out.children.push_back(&over.key(i));
      out.children.push_back(&over.value(i));
      continue;
    }
    out.children[2 * at] = &over.key(i);
    out.children[2 * at + 1] = merged(out.value(at), over.value(i), source);
  }
  return &out;
}

void drop(Value& map, std::string_view name) {
  for (std::size_t i = 0; i < map.size(); ++i)
    if (map.key(i).text == name) {
      map.children.erase(map.children.begin() + static_cast<std::ptrdiff_t>(2 * i),
                         map.children.begin() + static_cast<std::ptrdiff_t>(2 * i + 2));
      return;
    }
}

std::optional<ServiceEntry> read_entry(const Value& name, const Cursor& at) {
  if (at.value().kind != Value::Kind::map)
    return at.wrong("a map with what is this service's own, such as release"), std::nullopt;
  ServiceEntry entry{&name, &at.value(), {}};
  if (at.value().find("service")) at.problem("its name is the key that it stands beneath, it needs no 'service'");
  if (const Value* after = at.value().find("depends_on"))
    read_list(at.key("depends_on", *after), "[store]", [&](const Cursor& item) {
      if (auto one = read_name(item)) entry.depends_on.push_back(std::move(*one));
    });
  return entry;
}

void check_names(const std::vector<ServiceEntry>& all, Problems& problems) {
  std::vector<std::string> names;
  for (const auto& entry : all) names.push_back(entry.name->text);
  for (const auto& entry : all) {
    const Value* list = entry.own->find("depends_on");
    for (std::size_t i = 0; i < entry.depends_on.size(); ++i) {
      const auto& one = entry.depends_on[i];
      if (std::find(names.begin(), names.end(), one) == names.end())
        problems.add(list->item(i).mark(), fmt::format("there is no service '{}'", one),
                     text::did_you_mean(one, names));
    }
  }
}

// Repeatedly takes the first service whose dependencies have all been placed. When there is none, the remaining
// services form a dependency cycle or depend on one.
std::vector<ServiceEntry> ordered(std::vector<ServiceEntry> all, Problems& problems) {
  std::vector<ServiceEntry> placed;
  const auto is_placed = [&](const std::string& name) {
    return std::any_of(placed.begin(), placed.end(),
                       [&](const ServiceEntry& entry) { return entry.name->text == name; });
  };
  while (!all.empty()) {
    const auto next = std::find_if(all.begin(), all.end(), [&](const ServiceEntry& entry) {
      return std::all_of(entry.depends_on.begin(), entry.depends_on.end(), is_placed);
    });
    if (next == all.end()) {
      std::string names;
      for (const auto& entry : all) names += (names.empty() ? "" : ", ") + entry.name->text;
      problems.add(all.front().own->find("depends_on")->mark(), "these services wait for each other: " + names);
      return {};
    }
    placed.push_back(std::move(*next));
    all.erase(next);
  }
  return placed;
}

}  // namespace

std::pair<std::string, std::string> split_address(const std::string& plan) {
  const auto hash = plan.rfind('#');
  std::error_code ec;
  if (hash == std::string::npos || std::filesystem::exists(plan, ec)) return {plan, ""};
  return {plan.substr(0, hash), plan.substr(hash + 1)};
}

std::vector<ServiceEntry> read_services(const Value& root, Problems& problems) {
  const Value* services = root.kind == Value::Kind::map ? root.find("services") : nullptr;
  if (!services) return {};
  const Cursor above(root, problems);
  const Cursor at = above.key("services", *services);
  const auto before = problems.size();
  if (const Value* one = root.find("service"))
    problems.add(one->mark(), "'service' and 'services' can't both be", "a plan is of one service or of several");
  if (const Value* after = root.find("depends_on"))
    problems.add(after->mark(), "'depends_on' stands beneath a service of 'services'");
  std::vector<ServiceEntry> all;
  read_entries(at, "{store: {release: {deploy_to: /srv/store}}}", [&](const Value& name, const Cursor& own) {
    if (!is_name(name.text))
      return problems.add(name.mark(), fmt::format("'{}' is no name", name.text), "letters, digits, '.', '_' and '-'");
    if (auto entry = read_entry(name, own)) all.push_back(std::move(*entry));
  });
  if (all.empty() && problems.size() == before) at.problem("there is no service in it");
  if (problems.size() == before) check_names(all, problems);
  if (problems.size() != before) return {};
  return ordered(std::move(all), problems);
}

const Value* plan_of(const Value& root, const ServiceEntry& entry, YamlSource& source) {
  Value& shared = source.make();
  shared = root;
  drop(shared, "services");
  Value& own = source.make();
  own = *entry.own;
  drop(own, "depends_on");
  Value& key = source.make();
  key = *entry.name;
  key.text = "service";
  own.children.push_back(&key);
  own.children.push_back(entry.name);
  return merged(shared, own, source);
}

}  // namespace deployctl::plans
