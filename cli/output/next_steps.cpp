#include "cli/output/next_steps.hpp"

namespace deployctl::output {
namespace {

using rollout::Advice;
using Kind = Advice::Kind;

NextStep step(Kind kind, std::string about = {}) { return {Advice{kind, std::move(about)}, {}}; }

// Names the release explicitly, so running the command a second time changes nothing.
NextStep back_to(const std::string& version) { return step(Kind::roll_back_to, version); }

std::vector<NextStep> after_rest(const Board& board) {
  if (board.kind == "rollback")
    return {{Advice{Kind::resume, board.rollout}, Advice{Kind::roll_back_to, board.version}}};
  if (board.waited_for == "approval") return {step(Kind::approve, board.rollout), step(Kind::resume, board.rollout)};
  return {step(Kind::resume, board.rollout)};
}

std::vector<NextStep> after_failure(const Board& board) {
  std::vector<NextStep> out{step(Kind::status)};
  if (board.kind == "rollback") {
    out.push_back(back_to(board.version));
    return out;
  }
  const bool hook_only = board.failed_hook == "post_deploy";
  if (board.changed.value_or(0) > 0 && !hook_only && board.previous != board.version)
    out.push_back(back_to(board.previous));
  return out;
}

}  // namespace

bool was_interrupted(const Board& board) {
  return board.result == "interrupted" ||
         (board.result == "aborted" && board.error && board.error->code == Code::cancelled);
}

std::vector<NextStep> next_steps(const Board& board) {
  const std::string& result = board.result;
  if (result == "succeeded") return {};
  if (result == "paused" || was_interrupted(board)) return after_rest(board);
  if (result == "incomplete") return {board.kind == "rollback" ? back_to(board.version) : step(Kind::converge)};
  if (result == "rolled_back") return {step(Kind::logs, board.rollout)};
  if (result == "failed") return after_failure(board);
  return {step(Kind::status)};
}

std::vector<WayOn> ways_on(const std::string& waits_for, const std::string& rollout) {
  if (waits_for == "approval") return {{"approve it", Advice{Kind::approve, rollout}}};
  if (waits_for == "gate")
    return {{"it continues when the gate answers; to continue without", Advice{Kind::promote, rollout}}};
  if (waits_for == "freeze")
    return {{"it continues when the freeze is over"}, {"to go back", Advice{Kind::abort, rollout}}};
  return {{"to continue", Advice{Kind::resume, rollout}}, {"to go back", Advice{Kind::abort, rollout}}};
}

}  // namespace deployctl::output
