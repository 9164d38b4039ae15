#include "cli/output/plain_lines.hpp"

#include <algorithm>

#include "cli/output/awaited_text.hpp"
#include "cli/output/body.hpp"
#include "cli/output/human_format.hpp"
#include "cli/output/next_steps.hpp"
#include "cli/output/text.hpp"

namespace deployctl::output {
namespace {

constexpr std::size_t readable = 100;  // targets; above this, successes are summarized per region
constexpr std::size_t failure_lines = 6;
constexpr std::size_t build_failure_lines = 20;
constexpr std::size_t word_width = 11;  // the length of "unreachable"

std::string seconds_of(const Body& body) {
  if (!body.has("seconds")) return {};
  return human_duration(Duration(static_cast<std::int64_t>(std::clamp(body.number("seconds"), 0.0, 3.2e8) * 1000)));
}

void add_output(Lines& lines, const std::string& output, std::size_t most) {
  for (const auto& line : last_lines(output, most)) lines.push_back(Line("    | ", Tone::dim).add(line, Tone::dim));
}

void add_hint(Lines& lines, const Event& event) {
  if (event.error && !event.error->hint.empty()) lines.push_back(Line("    hint: ", Tone::dim).add(event.error->hint));
}

// "word: detail", or only the word.
std::string told(const std::string& word, const std::string& detail) {
  return detail.empty() ? word : word + ": " + detail;
}

void add_ways_on(Lines& lines, const std::string& waits_for, const std::string& rollout,
                 const rollout::CommandFor& command_for) {
  if (!command_for) return;
  for (const auto& way : ways_on(waits_for, rollout)) {
    const std::string command = way.advice ? command_for(*way.advice) : std::string();
    lines.push_back(Line("    hint: ", Tone::dim).add(way.words + (command.empty() ? "" : ": " + command)));
  }
}

}  // namespace

std::string opening(const Board& board) {
  std::string out = (board.kind == "rollback" || board.kind == "converge" ? board.kind + " of " : "") + board.service;
  if (!board.previous.empty() && board.previous != board.version) out += " " + board.previous + " to";
  out += " " + (board.version.empty() ? std::string("nothing") : board.version);
  if (!board.environment.empty()) out += " in " + board.environment;
  out += ": " + count(board.total(), "target");
  if (!board.regions.empty()) out += " in " + count(board.regions.size(), "region");
  return out;
}

Lines PlainLines::of(const Event& event, const Board& board) {
  if (event.name.starts_with("build_")) return build(event, board);
  if (event.name.starts_with("target_")) return target(event, board);
  return course(event, board);
}

Lines PlainLines::build(const Event& event, const Board& board) const {
  const Body body(event.body);
  Lines out;
  if (event.name == "build_started" && tells(Detail::milestones)) {
    out.push_back(Line(
        told("build " + event.service, body.text("repo") + (body.text("ref").empty() ? "" : " " + body.text("ref")))));
  } else if (event.name == "build_pinned" && tells(Detail::milestones)) {
    out.push_back(Line("build  commit " + body.text("commit").substr(0, 12) + ", version " + board.version));
  } else if (event.name == "build_step" && tells(Detail::milestones)) {
    const auto of = body.count("of");
    out.push_back(
        Line("build  ").add(of ? number(body.count("number")) + "/" + number(of) + "  " : "").add(body.text("step")));
  } else if (event.name == "build_output" && tells(Detail::steps)) {
    for (const auto& line : lines_of(body.text("text"))) out.push_back(Line("    | ", Tone::dim).add(line, Tone::dim));
  } else if (event.name == "build_note") {
    out.push_back(Line("build  note: ").add(body.text("text")));
  } else if (event.name == "build_payload" && tells(Detail::milestones)) {
    out.push_back(Line("build  payload from " + body.text("base") + "  ")
                      .add(size(body.count("bytes")))
                      .add("  " + seconds_of(body)));
  } else if (event.name == "build_finished" && event.error) {
    // The command reports the error itself. If that error contains the last lines of the log, they are not repeated.
    out.push_back(Line("build  failed", Tone::bad));
    const bool has_lines = event.error->message.find('\n') != std::string::npos;
    if (!has_lines && !tells(Detail::steps)) add_output(out, board.build.output, build_failure_lines);
  } else if (event.name == "build_finished" && tells(Detail::milestones)) {
    const auto time = seconds_of(body);
    out.push_back(Line("build  ")
                      .add("done", Tone::good)
                      .add(body.flag("cached") ? "  cached"
                           : time.empty()      ? ""
                                               : "  " + time)
                      .add(body.text("artifact").empty() ? "" : "  " + body.text("artifact").substr(0, 19)));
  }
  return out;
}

Lines PlainLines::course(const Event& event, const Board& board) const {
  const Body body(event.body);
  Lines out;
  if (event.name == "warning") {
    out.push_back(Line("warning: ", Tone::warn).add(event.error ? reason_of(event) : body.text("message")));
    add_hint(out, event);
  } else if (event.name == "rollback_started") {
    out.push_back(Line(told("rolling back", reason_of(event)), Tone::warn));
  } else if (event.name == "hook_finished" && event.error) {
    out.push_back(Line("hook " + body.text("hook") + " failed", Tone::bad).add("  ").add(reason_of(event)));
    add_output(out, body.text("output"), failure_lines);
  } else if (event.name == "rollout_waiting") {
    out.push_back(Line("waiting: ", Tone::warn).add(body.text("message")));
    add_ways_on(out, body.text("for"), board.rollout, command_for_);
  } else if (event.name == "gate_measured" && body.text("result") != "pass") {
    out.push_back(
        Line("gate " + told(body.text("gate"), body.text("result") == "fail" ? "failed" : "no answer"), Tone::warn)
            .add("  " + body.text("message")));
  } else if (!tells(Detail::milestones)) {
    return out;
  } else if (event.name == "targets_awaited") {
    const AwaitedTargets awaited{body.count("answered"), body.count("targets"), body.count("missing"),
                                 body.texts("names"), body.flag("going_on")};
    out.push_back(Line(awaited_text(awaited), Tone::dim));
  } else if (event.name == "gate_measured") {
    out.push_back(Line("gate " + body.text("gate") + ": ").add("passed", Tone::good).add("  " + body.text("message")));
  } else if (event.name == "rollout_going_on") {
    out.push_back(Line("going on"));
  } else if (event.name == "rollout_steered") {
    const std::string wave = event.wave.empty() ? "" : " wave " + event.wave;
    out.push_back(Line(body.text("word") + wave + ": said by " + body.text("by")));
  } else if (event.name == "rollout_started") {
    out.push_back(Line(opening(board), Tone::strong));
    if (!board.rollout.empty()) out.push_back(Line("rollout " + board.rollout, Tone::dim));
  } else if (event.name == "wave_started") {
    out.push_back(Line(told("wave " + event.wave, body.has("targets") ? count(body.count("targets"), "target") : "")));
  } else if (event.name == "wave_baking") {
    out.push_back(Line(told("wave " + event.wave, "bakes for " + to_string(board.baking.value_or(Duration(0))))));
  } else if (event.name == "wave_finished") {
    out.push_back(Line("wave " + event.wave + ": ").add("done", Tone::good));
  } else if (event.name.starts_with("hook_") && tells(Detail::steps)) {
    out.push_back(Line("hook " + body.text("hook") + (event.name == "hook_started" ? "" : " done"), Tone::dim));
  }
  return out;
}

Lines PlainLines::target(const Event& event, const Board& board) {
  learn_widths(board);
  if (event.name == "target_failed") return bad_target(event, board, "failed", Tone::bad);
  if (event.name == "target_unhealthy") return bad_target(event, board, "unhealthy", Tone::bad);
  if (event.name == "target_stuck") return bad_target(event, board, "stuck", Tone::bad);
  if (event.name == "target_reverted") return bad_target(event, board, "reverted", Tone::warn);
  if (event.name == "target_unreachable") return bad_target(event, board, "unreachable", Tone::warn);
  if (event.name == "target_active") return active(event, board);
  if (event.name == "target_login_kept") return login_kept(event);
  if (event.name == "target_damaged") return damaged(event);
  if (!tells(Detail::steps)) return {};
  const Body body(event.body);
  if (event.name == "target_staged")
    return {target_line(event, "staged", Tone::dim, body.flag("already") ? "was there already" : seconds_of(body))};
  if (event.name == "target_cleanup_failed") return {target_line(event, "clean-up", Tone::warn, body.text("message"))};
  if (event.name == "target_activating") return {target_line(event, "activating", Tone::dim, "")};
  if (event.name == "target_reverting") return {target_line(event, "reverting", Tone::dim, "")};
  if (event.name != "target_step") return {};
  Lines out{target_line(event, body.text("step"), Tone::dim, told(body.text("state"), body.text("detail")))};
  if (!tells(Detail::all)) return out;
  if (const auto bytes = body.count("omitted_bytes"))
    out.push_back(Line("    | [" + size(bytes) + " of output left out]", Tone::dim));
  if (const auto events = body.count("omitted_events"))
    out.push_back(Line("    | [" + count(events, "step event") + " left out]", Tone::dim));
  add_output(out, body.text("output"), SIZE_MAX);
  return out;
}

// Once per reason, which may be the same for a whole region. An old relay as the reason is shown only with
// Detail::steps.
Lines PlainLines::login_kept(const Event& event) {
  const bool old_relay = event.error && event.error->code == Code::unsupported;
  if ((old_relay && !tells(Detail::steps)) || !kept_reasons_.insert(reason_of(event)).second) return {};
  const std::string what = ": its hooks run with the environment, groups and limits of an earlier login: ";
  return {Line("warning: ", Tone::warn).add(event.target + what + reason_of(event))};
}

Lines PlainLines::bad_target(const Event& event, const Board& board, const char* word, Tone tone) {
  Lines out{target_line(event, word, tone, reason_of(event))};
  // The hook output belongs to the failure. Skipped if it was already printed in full, or if the target was only
  // unreachable or reverted.
  const auto* target = board.target_of(event);
  const bool hooks_ran = tone == Tone::bad && target;
  if (hooks_ran && !tells(Detail::all)) add_output(out, target->output, failure_lines);
  add_hint(out, event);
  return out;
}

Lines PlainLines::damaged(const Event& event) {
  const Body body(event.body);
  const std::string which = event.version + (body.flag("current") ? ", which runs, " : " ");
  return {target_line(event, "damaged", Tone::warn, which + "was changed on the target: " + body.text("damage"))};
}

Lines PlainLines::active(const Event& event, const Board& board) {
  const Body body(event.body);
  const auto* target = board.target_of(event);
  if (!target || !tells(Detail::milestones)) return {};
  const auto time = seconds_of(body);
  const bool one_by_one = board.total() <= readable ? tells(Detail::targets) : tells(Detail::steps);
  if (one_by_one) return {target_line(event, "active", Tone::good, body.flag("already") ? "was active already" : time)};
  const auto& region = board.regions.at(target->region);
  const auto tenths = region.total() ? region.in(TargetState::active)*10 / region.total() : 0;
  auto& told = told_[region.name];
  if (board.total() <= readable || tenths <= told) return {};
  told = tenths;
  return {Line(padded(region.name, region_width_))
              .add("  " + number(region.in(TargetState::active)) + " of " + number(region.total()) + " ")
              .add("active", Tone::good)};
}

Line PlainLines::target_line(const Event& event, std::string_view word, Tone tone, const std::string& rest) {
  target_width_ = std::max(target_width_, columns(printable(event.target)));
  const auto column = [this](std::string_view text, std::size_t width) {
    return padded(printable(text), aligned_ ? width : 0) + "  ";
  };
  Line out;
  if (region_width_) out.add(column(event.region, region_width_));
  out.add(column(event.target, target_width_));
  if (rest.empty()) return out.add(word, tone);
  const auto gap = aligned_ && word.size() < word_width ? word_width - word.size() : 0;
  return out.add(word, tone).add(std::string(gap + 2, ' ') + rest);
}

void PlainLines::learn_widths(const Board& board) {
  for (; regions_seen_ < board.regions.size(); ++regions_seen_)
    region_width_ = std::max(region_width_, columns(printable(board.regions[regions_seen_].name)));
}

}  // namespace deployctl::output
