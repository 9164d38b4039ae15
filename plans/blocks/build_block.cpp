// The plan's `build` block.
#include <fmt/format.h>

#include "plans/blocks/plan_draft.hpp"
#include "plans/keys/names.hpp"
#include "plans/keys/paths.hpp"
#include "plans/keys/repo.hpp"
#include "plans/keys/secrets.hpp"
#include "plans/keys/variables.hpp"

namespace deployctl::plans {
namespace {

// deployctl sets these variables in every build. A plan may override PATH and HOME.
constexpr std::array<std::string_view, 3> reserved_in_builds{"VERSION", "COMMIT", "SOURCE_DATE_EPOCH"};

void read_repo(const Cursor& at, PlanDraft& into) {
  model::Build& build = into.plan.build;
  if (build.ref_mark.line == 0) build.ref_mark = at.mark();
  const auto text = read_text(at);
  if (!text || !has_no_variable(at, *text)) return;
  auto repo = resolve_repo(*text, into.dir);
  if (repo)
    build.repo = std::move(*repo);
  else
    at.problem(fmt::format("'{}': {}", at.path(), repo.error().message), repo.error().hint);
}

void read_ref(const Cursor& at, PlanDraft& into) {
  into.plan.build.ref_mark = at.mark();
  if (auto ref = read_argument(at); ref && has_no_variable(at, *ref)) into.plan.build.ref = std::move(*ref);
}

void read_from(const Cursor& at, model::ArtifactRule& into) {
  const auto text = read_text(at);
  if (!text || !has_no_variable(at, *text, true)) return;
  auto path = relative_path(*text);
  if (path)
    into.from = path->empty() ? "." : std::move(*path);
  else
    at.wrong(path.error().message, "it is taken from the checkout");
}

void read_to(const Cursor& at, model::ArtifactRule& into) {
  const auto text = read_text(at);
  if (!text || !has_no_variable(at, *text, true)) return;
  auto path = relative_path(*text);
  if (!path)
    at.wrong(path.error().message, "it is put beneath the release's folder");
  else if (path->empty() || text->ends_with('/'))
    into.to = *path + "/";
  else
    into.to = std::move(*path);
  // "./" is the top of the release; the file keeps its name.
  if (into.to == "/") into.to = "./";
}

void read_exclude(const Cursor& at, model::ArtifactRule& into) {
  read_list(at, "[\"*.log\", docs/]", [&](const Cursor& item) {
    const auto text = read_text(item);
    if (!text || !has_no_variable(item, *text, true)) return;
    auto path = relative_path(*text);
    if (!path || path->empty())
      item.wrong(path ? "a glob" : path.error().message,
                 "a name at any depth such as *.log, or a path of the checkout such as docs/*.md");
    else
      into.exclude.push_back(std::move(*path));
  });
}

constexpr std::array rule_keys{
    Key<model::ArtifactRule>{"from", Need::required, "a glob or a folder of the checkout", read_from},
    Key<model::ArtifactRule>{"to", Need::optional, "a path in the release; ending in '/' it keeps the name", read_to},
    Key<model::ArtifactRule>{"exclude", Need::optional, "a list of globs such as [\"*.log\"]", read_exclude}};

void read_rule(const Cursor& at, PlanDraft& into) {
  if (at.value().kind == Value::Kind::scalar) {
    at.wrong("a map", fmt::format("write {{from: {}}}", at.value().text));
    return;
  }
  model::ArtifactRule rule;
  rule.mark = at.mark();
  if (read_map(at, rule_keys, rule) && !rule.from.empty()) into.plan.build.artifact.push_back(std::move(rule));
}

void read_artifact(const Cursor& at, PlanDraft& into) {
  if (!read_list(at, "[{from: bin/server}]", [&](const Cursor& item) { read_rule(item, into); })) return;
  if (at.value().size() == 0)
    at.problem("'build.artifact' is empty", "a release needs at least one file: [{from: bin/server}]");
}

void list_rules(const std::string& prefix, std::vector<std::string>& into) {
  list_keys(rule_keys, prefix + "[]", into);
}

void read_token(const Cursor& at, PlanDraft& into) {
  if (auto token = read_secret_source(at)) into.plan.build.token = std::move(*token);
}

// Reads a host, or a path or URL prefix that submodules may come from.
void read_allowed(const Cursor& at, PlanDraft& into) {
  const auto text = read_argument(at);
  if (!text || !has_no_variable(at, *text)) return;
  if (text->find_first_of("/:~") == std::string::npos) return into.plan.build.submodules_allow.push_back(*text);
  auto repo = resolve_repo(*text, into.dir);
  if (repo)
    into.plan.build.submodules_allow.push_back(std::move(*repo));
  else
    at.problem(fmt::format("'{}': {}", at.path(), repo.error().message), repo.error().hint);
}

void read_allow(const Cursor& at, PlanDraft& into) {
  read_list(at, "[git.example.com, /srv/git/libs]", [&](const Cursor& item) { read_allowed(item, into); });
}

constexpr std::array submodule_keys{
    Key<PlanDraft>{"allow", Need::required, "a list of hosts, URLs and paths", read_allow}};

void read_submodules(const Cursor& at, PlanDraft& into) { read_map(at, submodule_keys, into); }

void list_submodules(const std::string& prefix, std::vector<std::string>& into) {
  list_keys(submodule_keys, prefix, into);
}

void read_timeout(const Cursor& at, PlanDraft& into) {
  if (const auto timeout = read_duration(at)) into.plan.build.timeout = *timeout;
}

constexpr std::array build_keys{
    Key<PlanDraft>{"repo", Need::required, "a path, a file, ssh or https URL, or git@host:path", read_repo},
    Key<PlanDraft>{"ref", Need::optional, "a branch, tag or commit", read_ref},
    Key<PlanDraft>{"token", Need::optional, "{file: PATH}, {env: NAME} or {command: ...}", read_token, list_secret},
    Key<PlanDraft>{"submodules", Need::optional, "{allow: [git.example.com]}", read_submodules, list_submodules},
    Key<PlanDraft>{"steps", Need::optional, "a list of commands such as [make]",
                   [](const Cursor& at, PlanDraft& d) { read_texts(at, "[make]", d.plan.build.steps); }},
    Key<PlanDraft>{"env", Need::optional, "a map such as {CFLAGS: -O2}",
                   [](const Cursor& at, PlanDraft& d) { read_env(at, reserved_in_builds, d.plan.build.env); },
                   [](const std::string& prefix, std::vector<std::string>& into) { into.push_back(prefix + ".*"); }},
    Key<PlanDraft>{"timeout", Need::optional, "a duration such as 15m", read_timeout},
    Key<PlanDraft>{"artifact", Need::required, "a list such as [{from: bin/server}]", read_artifact, list_rules},
    later<PlanDraft>("sandbox"),
    later<PlanDraft>("secrets")};

}  // namespace

void read_build(const Cursor& at, PlanDraft& into) {
  into.plan.build.ref = "HEAD";
  read_map(at, build_keys, into);
}

void list_build(const std::string& prefix, std::vector<std::string>& into) { list_keys(build_keys, prefix, into); }

}  // namespace deployctl::plans
