// A plan while it is being read: the model, and the values that can only be checked against the whole plan and its
// fleet. Pointers refer to Values owned by the YamlSource. Shared by the readers of the plan's blocks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/plan.hpp"
#include "plans/keys/keys.hpp"

namespace deployctl::plans {

struct WaveDraft {
  model::Wave wave;
  std::vector<const Value*> regions;  // regions named in the plan; empty: all
};

struct PlanDraft {
  std::string dir;    // the plan file's folder
  std::string fleet;  // as written
  const Value* fleet_value = nullptr;
  model::Selector selector;
  const Value* selector_value = nullptr;
  std::optional<std::vector<WaveDraft>> waves;  // absent: the strategy's default waves
  std::optional<model::Strategy> strategy;
  model::Mark strategy_mark;
  std::vector<const Value*> linked;  // entries of linked_dirs and linked_files, for their positions
  model::Plan plan;
};

void read_build(const Cursor& at, PlanDraft& into);
void list_build(const std::string& prefix, std::vector<std::string>& into);
void read_release(const Cursor& at, PlanDraft& into);
void list_release(const std::string& prefix, std::vector<std::string>& into);
void read_rollout(const Cursor& at, PlanDraft& into);
void list_rollout(const std::string& prefix, std::vector<std::string>& into);

}  // namespace deployctl::plans
