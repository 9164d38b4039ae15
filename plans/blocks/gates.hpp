// A wave's `analysis` and `gate`: what is asked outside before the next wave begins.
#pragma once

#include "plans/blocks/plan_draft.hpp"

namespace deployctl::plans {

void read_analysis(const Cursor& at, WaveDraft& into);
void list_analysis(const std::string& prefix, std::vector<std::string>& into);
void read_gate(const Cursor& at, WaveDraft& into);
void list_gate(const std::string& prefix, std::vector<std::string>& into);

// Names that stand twice.
void check_gates(const Cursor& wave, const WaveDraft& draft);

}  // namespace deployctl::plans
