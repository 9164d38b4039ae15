#include "plans/blocks/hooks.hpp"

#include <fmt/format.h>

#include "plans/keys/names.hpp"

namespace deployctl::plans {
namespace {

constexpr std::string_view hook_words = "a command, a list of commands, or {run: ..., timeout: 5m}";

void read_run(const Cursor& at, model::Hook& into) {
  if (at.value().kind == Value::Kind::scalar) {
    if (auto command = read_text(at)) into.run.push_back(std::move(*command));
    return;
  }
  if (read_texts(at, "[./first, ./second]", into.run) && at.value().size() == 0)
    at.problem(fmt::format("'{}' has no commands", at.path()), "give one, or take the hook out");
}

void read_timeout(const Cursor& at, model::Hook& into) {
  if (const auto timeout = read_duration(at)) into.timeout = *timeout;
}

constexpr std::array hook_keys{Key<model::Hook>{"run", Need::required, "a command or a list of commands", read_run},
                               Key<model::Hook>{"timeout", Need::optional, "a duration such as 5m", read_timeout}};

model::Hook read_hook(const Cursor& at) {
  model::Hook hook;
  if (at.value().kind == Value::Kind::map)
    read_map(at, hook_keys, hook);
  else
    read_run(at, hook);
  return hook;
}

void list_hook(const std::string& prefix, std::vector<std::string>& into) { list_keys(hook_keys, prefix, into); }

template <model::Hook model::ControlHooks::*member>
constexpr Key<PlanDraft> control_hook(std::string_view name) {
  return {name, Need::optional, hook_words,
          [](const Cursor& at, PlanDraft& d) { d.plan.release.control_hooks.*member = read_hook(at); }, list_hook};
}

template <model::TargetHook which>
constexpr Key<PlanDraft> target_hook(std::string_view name) {
  return {name, Need::optional, hook_words,
          [](const Cursor& at, PlanDraft& d) { d.plan.release.activation.hooks[which] = read_hook(at); }, list_hook};
}

using model::ControlHooks;
using model::TargetHook;

constexpr std::array hooks_keys{control_hook<&ControlHooks::pre_build>("pre_build"),
                                control_hook<&ControlHooks::post_build>("post_build"),
                                control_hook<&ControlHooks::pre_deploy>("pre_deploy"),
                                target_hook<TargetHook::drain>("drain"),
                                target_hook<TargetHook::stop>("stop"),
                                target_hook<TargetHook::install>("install"),
                                target_hook<TargetHook::start>("start"),
                                target_hook<TargetHook::validate>("validate"),
                                target_hook<TargetHook::undrain>("undrain"),
                                control_hook<&ControlHooks::post_deploy>("post_deploy"),
                                control_hook<&ControlHooks::on_failure>("on_failure")};

}  // namespace

void read_hooks(const Cursor& at, PlanDraft& into) { read_map(at, hooks_keys, into); }

void list_hooks(const std::string& prefix, std::vector<std::string>& into) { list_keys(hooks_keys, prefix, into); }

}  // namespace deployctl::plans
