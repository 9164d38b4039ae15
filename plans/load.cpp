#include "plans/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "plans/blocks/limits.hpp"
#include "plans/blocks/plan_draft.hpp"
#include "plans/blocks/services.hpp"
#include "plans/blocks/waves.hpp"
#include "plans/fleet/fleet_loader.hpp"
#include "plans/keys/names.hpp"
#include "plans/keys/overrides.hpp"
#include "plans/keys/paths.hpp"
#include "plans/keys/secrets.hpp"
#include "plans/keys/variables.hpp"

namespace deployctl::plans {
namespace {

void read_service(const Cursor& at, PlanDraft& into) {
  if (auto name = read_name(at)) into.plan.service = std::move(*name);
}

void read_environment(const Cursor& at, PlanDraft& into) {
  if (auto name = read_name(at)) into.plan.environment = std::move(*name);
}

void read_fleet_file(const Cursor& at, PlanDraft& into) {
  if (auto file = read_text(at); file && has_no_variable(at, *file)) into.fleet = std::move(*file);
  into.fleet_value = &at.value();
}

void read_plan_selector(const Cursor& at, PlanDraft& into) {
  if (auto selector = read_selector(at)) into.selector = std::move(*selector);
  into.selector_value = &at.value();
}

constexpr std::array plan_fleet_keys{
    Key<PlanDraft>{"file", Need::required, "the path of a fleet file", read_fleet_file},
    Key<PlanDraft>{"selector", Need::optional, "a text such as \"role=cache,env=prod\"", read_plan_selector},
    later<PlanDraft>("command")};

void read_fleet_key(const Cursor& at, PlanDraft& into) {
  if (at.value().kind == Value::Kind::map)
    read_map(at, plan_fleet_keys, into);
  else if (at.value().kind == Value::Kind::list)
    at.wrong("the path of a fleet file, or {file: fleet.yaml, selector: \"role=cache\"}");
  else
    read_fleet_file(at, into);
}

void list_fleet(const std::string& prefix, std::vector<std::string>& into) { list_keys(plan_fleet_keys, prefix, into); }

void read_prefer(const Cursor& at, PlanDraft& into) {
  static const std::vector<std::string> words{"time", "bytes"};
  if (const auto word = read_word(at, words)) into.plan.prefer = static_cast<model::Prefer>(*word);
}

constexpr std::array transfer_keys{Key<PlanDraft>{"prefer", Need::optional, "time or bytes", read_prefer}};

constexpr std::array plan_keys{
    Key<PlanDraft>{"service", Need::required, "the service's name", read_service},
    Key<PlanDraft>{"environment", Need::optional, "a name such as production", read_environment},
    Key<PlanDraft>{"fleet", Need::required, "the path of a fleet file, or {file: ..., selector: ...}", read_fleet_key,
                   list_fleet},
    Key<PlanDraft>{"services", Need::optional, "a map of services",
                   [](const Cursor& at, PlanDraft&) {
                     at.problem("'services' stands at the top of a plan, not beneath a service");
                   }},
    Key<PlanDraft>{"build", Need::required, "a map with repo and artifact", read_build, list_build},
    Key<PlanDraft>{"release", Need::required, "a map with deploy_to", read_release, list_release},
    Key<PlanDraft>{
        "transfer", Need::optional, "{prefer: time} or {prefer: bytes}",
        [](const Cursor& at, PlanDraft& d) { read_map(at, transfer_keys, d); },
        [](const std::string& prefix, std::vector<std::string>& into) { list_keys(transfer_keys, prefix, into); }},
    Key<PlanDraft>{"rollout", Need::optional, "a map such as {max_parallel: 25%}", read_rollout, list_rollout},
    later<PlanDraft>("notify"),
    later<PlanDraft>("policy"),
    later<PlanDraft>("require"),
    later<PlanDraft>("secrets")};

bool is_keep_file(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name == ".keep" || name == ".gitkeep";
}

// Reports an artifact file and a link at the same path. Rules with globs are checked at build time, because only then
// are their files known.
void check_artifact_against_links(const PlanDraft& draft, Problems& problems) {
  for (const auto& rule : draft.plan.build.artifact) {
    if (rule.from.find_first_of("*?[") != std::string::npos) continue;
    const std::string name = rule.from.substr(rule.from.rfind('/') + 1);
    const auto place = relative_path(!rule.to ? rule.from : rule.to->ends_with('/') ? *rule.to + name : *rule.to);
    for (const Value* linked : draft.linked) {
      // A linked folder may contain only .keep or .gitkeep in the artifact. The build checks that.
      const auto& dirs = draft.plan.release.activation.linked_dirs;
      const std::string link = *relative_path(linked->text);
      const bool is_dir = std::find(dirs.begin(), dirs.end(), link) != dirs.end();
      if (is_dir && place && (*place == link || is_keep_file(*place))) continue;
      if (!place || place->empty() || !is_beneath(*place, *relative_path(linked->text))) continue;
      problems.add(rule.mark, fmt::format("the artifact puts '{}' where a link to shared will stand", *place),
                   fmt::format("'{}' is linked at {}", linked->text, linked->mark().text()));
    }
  }
}

// Returns the targets that the plan's selector matches, without the regions that have none.
model::Fleet select(const PlanDraft& draft, const FleetRead& fleet, Problems& problems) {
  model::Fleet selected;
  selected.file = fleet.fleet.file;
  selected.known_hosts = fleet.fleet.known_hosts;
  for (const auto& region : fleet.fleet.regions) {
    model::Region kept{region.name, region.relays, {}};
    for (const auto& target : region.targets)
      if (draft.selector.matches(target.labels)) kept.targets.push_back(target);
    if (!kept.targets.empty()) selected.regions.push_back(std::move(kept));
  }
  if (fleet.clean && selected.regions.empty() && draft.selector_value)
    problems.add(draft.selector_value->mark(),
                 fmt::format("the selector '{}' takes no target of the fleet", draft.selector_value->text),
                 "is a label misspelt?");
  return selected;
}

class Load {
 public:
  Load(const std::string& plan, const LoadOptions& options) : options_(options) {
    std::tie(plan_file_, service_) = split_address(plan);
  }

  Services services() {
    Services out;
    const Value* root = read_root();
    if (root)
      for (const auto& entry : read_services(*root, problems_))
        out.plans.push_back(plan_file_ + "#" + entry.name->text);
    if (!service_.empty() || (out.plans.empty() && problems_.empty()))
      out.plans = {service_.empty() ? plan_file_ : plan_file_ + "#" + service_};
    out.problems = problems_.take();
    return out;
  }

  Loaded run() {
    const Value* root = read_root();
    if (root) root = choose(*root);
    if (root) read(*root);
    Loaded loaded;
    if (problems_.empty()) loaded.plan = std::move(draft_.plan);
    loaded.problems = problems_.take();
    return loaded;
  }

 private:
  const Value* read_root() {
    const Value* root = source_.read_file(plan_file_, plan_file_, problems_);
    return root ? apply_overrides(root, options_.overrides, source_, problems_) : nullptr;
  }

  // Returns the plan of the selected service.
  const Value* choose(const Value& root) {
    const bool several = root.kind == Value::Kind::map && root.find("services");
    if (!several && service_.empty()) return &root;
    const auto all = read_services(root, problems_);
    if (!problems_.empty()) return nullptr;
    std::string names;
    for (const auto& entry : all) {
      if (entry.name->text == service_) return plan_of(root, entry, source_);
      names += (names.empty() ? "" : ", ") + plan_file_ + "#" + entry.name->text;
    }
    if (!several)
      problems_.add(root.mark(), fmt::format("this plan has no 'services', so no '{}'", service_),
                    "it is named by its file alone");
    else if (service_.empty())
      problems_.add(root.find("services")->mark(), "this is a plan of several services, and here one is meant",
                    "name it: " + names);
    else
      problems_.add(root.find("services")->mark(), fmt::format("there is no service '{}'", service_),
                    "it has " + names);
    return nullptr;
  }

  void read(const Value& root) {
    draft_.dir = folder_of(plan_file_);
    draft_.plan.file = draft_.dir + "/" + std::filesystem::path(plan_file_).filename().string() +
                       (service_.empty() ? "" : "#" + service_);
    if (!read_map(Cursor(root, problems_), plan_keys, draft_)) return;
    check_artifact_against_links(draft_, problems_);
    const auto fleet = read_fleet();
    if (!fleet) return;
    draft_.plan.fleet = select(draft_, *fleet, problems_);
    const Value* rollout = root.find("rollout");
    draft_.plan.rollout.waves =
        finish_waves(draft_, *fleet, draft_.plan.fleet, (rollout ? *rollout : root).mark(), problems_);
    anchor_secrets(draft_.plan, draft_.dir);
    if (options_.limits) check_limits(root, draft_.plan, problems_);
  }

  std::optional<FleetRead> read_fleet() {
    if (!options_.fleet.empty()) return plans::read_fleet(source_, options_.fleet, options_.fleet, nullptr, problems_);
    if (draft_.fleet.empty()) return std::nullopt;
    const auto path = local_path(draft_.fleet, draft_.dir);
    if (!path) {
      problems_.add(draft_.fleet_value->mark(), path.error().message);
      return std::nullopt;
    }
    return plans::read_fleet(source_, *path, shown_beside(plan_file_, draft_.fleet), draft_.fleet_value, problems_);
  }

  std::string plan_file_, service_;
  const LoadOptions& options_;
  YamlSource source_;
  Problems problems_;
  PlanDraft draft_;
};

}  // namespace

Loaded load(const std::string& plan, const LoadOptions& options) { return Load(plan, options).run(); }

Services load_services(const std::string& plan, const LoadOptions& options) {
  auto services = Load(plan, options).services();
  if (!services.problems.empty() || services.plans == std::vector{plan}) return services;
  Problems all;
  for (const auto& one : services.plans)
    for (auto& problem : Load(one, options).run().problems)
      all.add(std::move(problem.mark), std::move(problem.message), std::move(problem.hint));
  services.problems = all.take();
  return services;
}

std::vector<std::string> known_plan_keys() {
  std::vector<std::string> keys;
  list_keys(plan_keys, {}, keys);
  keys.insert(keys.end(), {"services.*", "services.*.depends_on"});
  std::vector<std::string> own;
  list_keys(plan_keys, "services.*", own);
  std::erase(own, "services.*.service");
  std::erase(own, "services.*.services");
  keys.insert(keys.end(), own.begin(), own.end());
  return keys;
}

}  // namespace deployctl::plans
