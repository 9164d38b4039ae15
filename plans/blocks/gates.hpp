// A wave's `analysis` and `gate` keys: the external checks that run before the next wave begins.
#pragma once

#include "plans/blocks/plan_draft.hpp"

namespace deployctl::plans {

void read_analysis(const Cursor& at, WaveDraft& into);
void list_analysis(const std::string& prefix, std::vector<std::string>& into);
void read_gate(const Cursor& at, WaveDraft& into);
void list_gate(const std::string& prefix, std::vector<std::string>& into);

// Reports gates of one wave that have the same name.
void check_gates(const Cursor& wave, const WaveDraft& draft);

}  // namespace deployctl::plans
