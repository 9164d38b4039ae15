#include "cli/output/summary.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "cli/output/human_format.hpp"
#include "cli/output/next_steps.hpp"
#include "cli/output/reason_groups.hpp"
#include "cli/output/table.hpp"
#include "cli/output/terminal.hpp"

namespace deployctl::output {
namespace {

constexpr std::size_t max_targets_named = 20;  // targets with the same reason; the rest is a count
constexpr std::size_t max_regions = 40;

struct StateKind {
  TargetState state;
  const char* word;
  Tone tone;
};
// In order of urgency.
constexpr std::array left_behind{
    StateKind{TargetState::stuck, "stuck", Tone::bad},
    StateKind{TargetState::failed, "failed", Tone::bad},
    StateKind{TargetState::unhealthy, "unhealthy", Tone::bad},
    StateKind{TargetState::unreachable, "unreachable", Tone::warn},
    StateKind{TargetState::reverted, "reverted", Tone::warn},
};

std::size_t missing(const Board& board) {
  return board.total() - std::min(board.total(), board.in(TargetState::active));
}

Line headline(const Board& board) {
  const std::string what = board.service + (board.version.empty() ? "" : " " + board.version);
  const std::string back = board.previous.empty() ? "what ran before" : board.previous;
  const std::string time = board.took < std::chrono::seconds(1) ? "less than 1 s" : about(board.took);
  const std::string& r = board.result;
  if (r == "succeeded" && board.version.empty()) return Line(what + " is stopped everywhere, in " + time, Tone::good);
  if (r == "succeeded") return Line(what + " is active everywhere, in " + time, Tone::good);
  if (r == "incomplete")
    return Line(what + " is incomplete after " + time + ": " + count(missing(board), "target") + " left behind",
                Tone::warn);
  if (r == "rolled_back")
    return Line(what + " was rolled back after " + time + ": every touched target runs " + back + " again", Tone::bad);
  if (r == "failed" && board.failed_hook == "post_deploy" && missing(board) == 0)
    return Line(what + " is active everywhere after " + time + ", but post_deploy failed", Tone::bad);
  if (r == "failed")
    return Line(what + " failed after " + time + (board.changed == 0u ? "; every target runs what it ran before" : ""),
                Tone::bad);
  if (was_interrupted(board)) return Line(what + " was interrupted after " + time, Tone::warn);
  if (r == "aborted") return Line(what + " was aborted after " + time, Tone::bad);
  if (r == "paused") return Line(what + " is paused after " + time, Tone::warn);
  if (r == "superseded") return Line(what + " was superseded by another rollout after " + time, Tone::warn);
  return Line(what + " ended after " + time + (r.empty() ? "" : ": " + r), Tone::warn);
}

// Each command is on its own line, with nothing after it, so that it can be pasted.
void add_next_steps(Lines& out, const Board& board, const SummaryLook& look) {
  if (!look.command_for) return;
  const char* word = "next: ";
  for (const auto& step : next_steps(board)) {
    std::string command = look.command_for(step.advice);
    if (command.empty() && step.otherwise) command = look.command_for(*step.otherwise);
    if (command.empty()) continue;
    out.push_back(Line(word, Tone::strong).add(command));
    word = "then: ";
  }
}

std::vector<StateKind> kinds_of(const Board& board) {
  std::vector<StateKind> out{{TargetState::active, "active", Tone::good}};
  for (const auto& kind : left_behind)
    if (board.in(kind.state)) out.push_back(kind);
  // After a second Ctrl-C or the loss of the ledger, some targets may still be in these states.
  for (const auto& kind : {StateKind{TargetState::activating, "activating", Tone::warn},
                           {TargetState::reverting, "reverting", Tone::warn}})
    if (board.in(kind.state)) out.push_back(kind);
  return out;
}

std::size_t untouched_in(const BoardRegion& region, const std::vector<StateKind>& kinds) {
  std::size_t rest = region.total();
  for (const auto& kind : kinds) rest -= std::min(rest, region.in(kind.state));
  return rest;
}

// Used where a table doesn't fit: "eu-west  4 targets  3 active  1 failed".
Lines counts_in_words(const Board& board, const std::vector<StateKind>& kinds, std::size_t shown, std::size_t width) {
  Lines out;
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& region = board.regions[i];
    Lines pieces{Line(region.name), Line(count(region.total(), "target"))};
    for (const auto& kind : kinds)
      if (region.in(kind.state)) pieces.push_back(Line(number(region.in(kind.state)) + " " + kind.word, kind.tone));
    if (const auto rest = untouched_in(region, kinds)) pieces.push_back(Line(number(rest) + " untouched"));
    for (auto& line : flow(pieces, width)) out.push_back(std::move(line));
  }
  return out;
}

// One row per region, up to max_regions, with columns only for the states that occur.
Lines counts(const Board& board, const SummaryLook& look) {
  const auto kinds = kinds_of(board);
  const auto shown = std::min(board.regions.size(), max_regions);
  std::size_t untouched = 0;
  for (const auto& region : board.regions) untouched += untouched_in(region, kinds);
  std::vector<Column> columns{{"region", false}, {"targets", true}};
  for (const auto& kind : kinds) columns.push_back({kind.word, true});
  if (untouched) columns.push_back({"untouched", true});
  Table table(std::move(columns));
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& region = board.regions[i];
    std::vector<std::string> cells{region.name, number(region.total())};
    for (const auto& kind : kinds) cells.push_back(number(region.in(kind.state)));
    if (untouched) cells.push_back(number(untouched_in(region, kinds)));
    table.row(std::move(cells));
  }
  auto lines = table.lines(0, look.utf8);
  if (look.width && lines.front().columns() > look.width) lines = counts_in_words(board, kinds, shown, look.width);
  if (board.regions.size() > shown) lines.emplace_back("and " + count(board.regions.size() - shown, "more region"));
  return lines;
}

// Returns the region if all targets share one, otherwise the number of regions.
std::string regions_of(const Board& board, const std::vector<const BoardTarget*>& targets) {
  std::set<std::size_t> regions;
  for (const auto* target : targets) regions.insert(target->region);
  return regions.size() == 1 ? board.regions.at(*regions.begin()).name : count(regions.size(), "region");
}

struct Trouble {
  std::string region, targets, reason;
};

// Groups the targets in this state by reason.
std::vector<Trouble> troubles(const Board& board, TargetState state) {
  std::vector<std::pair<std::string, std::string>> reasons;
  std::map<std::string, std::vector<const BoardTarget*>> by_name;
  for (const auto& target : board.targets) {
    // A target that was reverted with the rest, without a reason of its own, appears only in the table of counts.
    if (target.state != state || (state == TargetState::reverted && target.reason.empty())) continue;
    reasons.emplace_back(target.name, target.reason);
    by_name[target.name].push_back(&target);
  }
  std::vector<Trouble> out;
  for (const auto& group : group_by_reason(reasons)) {
    std::vector<const BoardTarget*> members;
    for (const auto& name : group.targets) members.insert(members.end(), by_name[name].begin(), by_name[name].end());
    const auto region = regions_of(board, members);
    if (group.targets.size() == 1)
      out.push_back({region, group.targets[0], group.reason});
    else
      out.push_back({region, count(group.targets.size(), "target"),
                     group.reason + (group.reason.empty() ? "" : ": ") + named(group.targets, max_targets_named)});
  }
  return out;
}

void add_left_behind(Lines& out, const Board& board, const SummaryLook& look) {
  Table table({{"", false}, {"", false, true}, {"", false, true}, {"", false}});
  Lines in_a_row;
  for (const auto& kind : left_behind)
    for (const auto& trouble : troubles(board, kind.state)) {
      in_a_row.push_back(
          Line(kind.word, kind.tone).add("  " + trouble.region + "  " + trouble.targets + "  " + trouble.reason));
      table.row({kind.word, trouble.region, trouble.targets, trouble.reason}, kind.tone);
    }
  // The reason is the last column and is never cut; it may wrap.
  if (look.width == 0 || look.width >= narrow)
    for (auto& line : table.lines(0, look.utf8)) out.push_back(std::move(line));
  else
    for (auto& line : in_a_row) out.push_back(std::move(line));
}

// A failed cleanup doesn't affect the result of the rollout, but it may fill up the disk.
void add_cleanup(Lines& out, const Board& board) {
  std::vector<std::pair<std::string, std::string>> reasons;
  for (const auto& target : board.targets)
    if (!target.cleanup.empty()) reasons.emplace_back(target.name, target.cleanup);
  for (const auto& group : group_by_reason(reasons))
    out.push_back(
        Line("warning: ", Tone::warn).add("on " + named(group.targets, max_targets_named) + " " + group.reason));
}

// Omits the reason of a target that is shown with its reason below.
std::string why(const Board& board) {
  std::string text = board.error->text();
  for (const auto& target : board.targets) {
    const std::string tail = ": " + target.name + ": " + target.reason;
    if (!target.reason.empty() && text.size() > tail.size() && text.ends_with(tail))
      return text.substr(0, text.size() - tail.size());
  }
  return text;
}

void add_hints(Lines& out, const Board& board) {
  std::vector<std::string> hints;
  if (board.error && !board.error->hint.empty()) hints.push_back(board.error->hint);
  for (const auto& target : board.targets)
    if (!target.hint.empty() && hints.size() < 4 && std::ranges::find(hints, target.hint) == hints.end())
      hints.push_back(target.hint);
  for (const auto& hint : hints) out.push_back(Line("hint: ", Tone::dim).add(hint));
}

}  // namespace

Lines summary(const Board& board, const SummaryLook& look) {
  if (!board.over) return {};
  Lines out{headline(board)};
  if (board.error) out.push_back(Line("  ").add(why(board)));
  if (!board.regions.empty() && (board.result != "succeeded" || board.regions.size() > 1))
    for (auto& line : counts(board, look)) out.push_back(std::move(line));
  add_left_behind(out, board, look);
  add_cleanup(out, board);
  add_hints(out, board);
  if (board.wan_bytes) out.emplace_back(size(board.wan_bytes) + " sent from here", Tone::dim);
  if (board.result == "incomplete" && !board.caught_up_until.empty())
    out.emplace_back("relays update the rest once they are reachable, until " + board.caught_up_until);
  add_next_steps(out, board, look);
  return out;
}

}  // namespace deployctl::output
