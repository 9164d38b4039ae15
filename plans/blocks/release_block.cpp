// The plan's `release` block.
#include <fmt/format.h>

#include "core/text/utf8.hpp"
#include "plans/blocks/health_checks.hpp"
#include "plans/blocks/hooks.hpp"
#include "plans/keys/names.hpp"
#include "plans/keys/paths.hpp"
#include "plans/keys/variables.hpp"
#include "plans/keys/version_template.hpp"

namespace deployctl::plans {
namespace {

constexpr std::array<std::string_view, 10> reserved_in_releases{"SERVICE",          "ENVIRONMENT", "VERSION", "RELEASE",
                                                                "PREVIOUS_RELEASE", "DEPLOY_TO",   "SHARED",  "REGION",
                                                                "TARGET",           "ROLLOUT"};

void read_version(const Cursor& at, PlanDraft& into) {
  const auto text = read_text(at);
  if (!text) return;
  if (text::has_control(*text)) {
    at.problem(fmt::format("'{}' is of one line without tabs", at.path()));
    return;
  }
  if (const auto ok = check_version_template(*text); !ok)
    at.problem(fmt::format("'{}': {}", at.path(), ok.error().message), ok.error().hint);
  else
    into.plan.release.version_template = *text;
}

void read_deploy_to(const Cursor& at, PlanDraft& into) {
  const auto text = read_text(at);
  if (!text || !has_no_variable(at, *text)) return;
  auto path = target_folder(*text);
  if (path)
    into.plan.release.deploy_to = std::move(*path);
  else
    at.wrong(path.error().message, "such as /srv/redis or ~/redis");
}

void read_keep(const Cursor& at, PlanDraft& into) {
  if (const auto keep = read_number(at, 1, 100'000)) into.plan.release.keep_releases = *keep;
}

// Linked paths must not overlap. The problem names the positions of both.
bool stands_apart(const Cursor& at, const std::string& path, const PlanDraft& into) {
  for (const Value* other : into.linked) {
    const std::string there = *relative_path(other->text);
    const bool beneath = is_beneath(path, there);
    if (!beneath && !is_beneath(there, path)) continue;
    const std::string_view how = path == there ? "is linked twice"
                                 : beneath     ? "lies beneath another linked path"
                                               : "holds another linked path";
    at.problem(fmt::format("'{}' {}", path, how), fmt::format("the other is '{}' at {}", there, other->mark().text()));
    return false;
  }
  return true;
}

void read_linked(const Cursor& at, PlanDraft& into, std::vector<std::string>& paths) {
  read_list(at, "[data]", [&](const Cursor& item) {
    const auto text = read_text(item);
    if (!text || !has_no_variable(item, *text)) return;
    const auto path = relative_path(*text);
    if (!path || path->empty()) {
      item.wrong(path ? "a path in the release" : path.error().message,
                 "it is linked from deploy_to/shared into the release");
      return;
    }
    if (!stands_apart(item, *path, into)) return;
    into.linked.push_back(&item.value());
    paths.push_back(*path);
  });
}

constexpr std::array release_keys{
    Key<PlanDraft>{"version", Need::optional, "a text such as \"{describe}\"", read_version},
    Key<PlanDraft>{"deploy_to", Need::required, "an absolute path, or one in ~/", read_deploy_to},
    Key<PlanDraft>{"keep_releases", Need::optional, "a count", read_keep},
    Key<PlanDraft>{"linked_dirs", Need::optional, "a list such as [data]",
                   [](const Cursor& at, PlanDraft& d) { read_linked(at, d, d.plan.release.activation.linked_dirs); }},
    Key<PlanDraft>{"linked_files", Need::optional, "a list such as [config/secrets.conf]",
                   [](const Cursor& at, PlanDraft& d) { read_linked(at, d, d.plan.release.activation.linked_files); }},
    Key<PlanDraft>{
        "env", Need::optional, "a map such as {PORT: \"6400\"}",
        [](const Cursor& at, PlanDraft& d) { read_env(at, reserved_in_releases, d.plan.release.activation.env); },
        [](const std::string& prefix, std::vector<std::string>& into) { into.push_back(prefix + ".*"); }},
    Key<PlanDraft>{"hooks", Need::optional, "a map such as {start: ./start.sh}", read_hooks, list_hooks},
    Key<PlanDraft>{"health_checks", Need::optional, "a list such as [{tcp: {port: 6400}}]", read_health_checks,
                   list_health_checks},
    later<PlanDraft>("secrets")};

}  // namespace

void read_release(const Cursor& at, PlanDraft& into) { read_map(at, release_keys, into); }

void list_release(const std::string& prefix, std::vector<std::string>& into) { list_keys(release_keys, prefix, into); }

}  // namespace deployctl::plans
