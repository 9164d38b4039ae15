#include "cli/output/progress_layout.hpp"

#include <algorithm>
#include <numeric>

#include "cli/output/human_format.hpp"
#include "cli/output/text.hpp"

namespace deployctl::output {
namespace {

constexpr std::size_t max_lines = 18;

std::size_t moving_in(const BoardRegion& region) { return region.moving.size(); }

std::size_t bad_in(const BoardRegion& r) {
  return r.in(TargetState::failed) + r.in(TargetState::unhealthy) + r.in(TargetState::stuck);
}

Line counted(std::size_t n, const char* word, Tone tone) { return n ? Line(number(n) + " " + word, tone) : Line(); }

Line count_of_bad(const Board& board) {
  std::size_t bad = 0;
  for (const auto& region : board.regions) bad += bad_in(region);
  return counted(bad, "failed", Tone::bad);
}

Line wave_of(const Board& board) {
  if (board.rolling_back) return Line("rolling back", Tone::warn);
  if (!board.wave) return {};
  const auto& wave = board.waves.at(*board.wave);
  return Line("wave " + number(*board.wave + 1) + "/" + number(board.waves.size()) + " " + wave.name);
}

Lines headline(const Board& board, const Moment& moment) {
  const bool back = board.rolling_back;
  const auto done = board.in(back ? TargetState::reverted : TargetState::active);
  return {Line(board.service + " " + board.version, Tone::strong),
          wave_of(board),
          back ? Line(number(done) + " taken back") : Line(number(done) + " of " + number(board.total()) + " active"),
          count_of_bad(board),
          counted(board.in(TargetState::unreachable), "unreachable", Tone::warn),
          Line(about(moment.elapsed), Tone::dim)};
}

std::vector<Share> shares_of(const BoardRegion& r) {
  const auto done = r.in(TargetState::active);
  const auto back = r.in(TargetState::reverted);
  const auto gone = r.in(TargetState::unreachable);
  const auto known = done + back + bad_in(r) + gone + moving_in(r);
  return {{done, Tone::good, "█", "="}, {moving_in(r), Tone::plain, "▒", ">"},
          {back, Tone::warn, "▼", "<"}, {bad_in(r), Tone::bad, "x", "x"},
          {gone, Tone::warn, "?", "?"}, {r.total() - std::min(r.total(), known), Tone::dim, "·", "-"}};
}

Lines details_of(const BoardRegion& r) {
  return {counted(r.in(TargetState::staging), "staging", Tone::plain),
          counted(r.in(TargetState::activating), "activating", Tone::plain),
          counted(r.in(TargetState::reverting), "reverting", Tone::warn),
          counted(r.in(TargetState::reverted), "reverted", Tone::warn),
          counted(bad_in(r), "failed", Tone::bad),
          counted(r.in(TargetState::unreachable), "unreachable", Tone::warn)};
}

struct RegionColumns {
  std::size_t name = 0, bar = 0, count = 0;
};

RegionColumns region_columns(const Board& board, std::size_t width) {
  RegionColumns out;
  for (const auto& region : board.regions) {
    out.name = std::max(out.name, columns(printable(region.name)));
    out.count = std::max(out.count, 2 * number(region.total()).size() + 1);
  }
  out.name = std::min(out.name, width / 3);
  const auto beside = out.name + out.count + 4;
  out.bar = width > beside ? std::min(width - beside, std::max<std::size_t>(10, width / 3)) : 0;
  return out;
}

Line region_line(const BoardRegion& region, const RegionColumns& sizes, const Screen& screen) {
  Line line(padded(cut(printable(region.name), sizes.name, screen.utf8), sizes.name) + "  ");
  if (sizes.bar) line.add(bar(shares_of(region), sizes.bar, screen.utf8)).add("  ");
  line.add(padded_left(number(region.in(TargetState::active)) + "/" + number(region.total()), sizes.count));
  // As many details as fit; the bar shows the rest.
  for (const auto& detail : details_of(region))
    if (!detail.empty() && line.columns() + 2 + detail.columns() < screen.width) line.add("  ").add(detail);
  return line;
}

Lines region_lines(const Board& board, const Screen& screen, std::size_t room) {
  const auto sizes = region_columns(board, screen.width - 1);
  std::vector<std::size_t> order(board.regions.size());
  std::iota(order.begin(), order.end(), 0);
  const bool folds = order.size() > room;
  // If not all regions fit, those with failures come first, then those with activity; otherwise the order of the fleet.
  if (folds)
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) {
      return bad_in(board.regions[i]) ? 2 : moving_in(board.regions[i]) ? 1 : 0;
    });
  const std::size_t shown = folds ? room - std::min<std::size_t>(room, 1) : order.size();
  Lines out;
  for (std::size_t i = 0; i < shown; ++i) out.push_back(region_line(board.regions[order[i]], sizes, screen));
  std::size_t active = 0, total = 0;
  for (std::size_t i = shown; i < order.size(); ++i) {
    active += board.regions[order[i]].in(TargetState::active);
    total += board.regions[order[i]].total();
  }
  if (folds && room)
    out.push_back(Line(
        "and " + count(order.size() - shown, "more region") + "  " + number(active) + "/" + number(total), Tone::dim));
  return out;
}

std::string doing(const BoardTarget& t) {
  if (t.state == TargetState::staged) return "staged";
  if (t.state != TargetState::staging) return std::string(to_string(t.state)) + (t.step.empty() ? "" : ": " + t.step);
  if (!t.total) return "staging";
  // In floating point, because a peer may report any numbers.
  const auto percent =
      static_cast<unsigned>(std::min(100.0, 100.0 * static_cast<double>(t.received) / static_cast<double>(t.total)));
  return "staging " + std::to_string(percent) + "%  " + size(t.received) + " of " + size(t.total);
}

// Lists the targets in progress if all of them fit; otherwise the region counts have to suffice.
Lines target_lines(const Board& board, std::size_t room) {
  std::size_t moving = 0, width = 0;
  for (const auto& region : board.regions) moving += region.moving.size();
  if (moving > room) return {};
  Lines out;
  for (const auto& region : board.regions)
    for (const auto i : region.moving) width = std::max(width, columns(printable(board.targets[i].name)));
  for (const auto& region : board.regions)
    for (const auto i : region.moving)
      out.push_back(
          Line("  " + padded(printable(board.targets[i].name), width) + "  ").add(doing(board.targets[i]), Tone::dim));
  return out;
}

Lines footer(const Board& board, const Moment& moment) {
  if (!board.waiting.empty()) return {Line("waiting: " + board.waiting, Tone::warn)};
  if (!board.hook.empty()) return {Line("hook " + board.hook, Tone::dim)};
  if (moment.baking_left) return {Line("baking: " + about(*moment.baking_left) + " left", Tone::dim)};
  if (!board.expected) return {};
  Lines out{Line("staging " + size(board.arrived) + " of " + size(board.expected), Tone::dim)};
  if (moment.bytes_per_second < 1) return out;
  out.emplace_back(rate(moment.bytes_per_second), Tone::dim);
  const double left =
      static_cast<double>(board.expected - std::min(board.expected, board.arrived)) / moment.bytes_per_second;
  if (left < 86400) out.emplace_back(about(Duration(static_cast<std::int64_t>(left * 1000))) + " left", Tone::dim);
  return out;
}

Lines build_lines(const Board& board, const Moment& moment) {
  const auto& build = board.build;
  Line head("build " + board.service + (board.version.empty() ? "" : " " + board.version), Tone::strong);
  Line step(build.of ? "step " + number(build.number) + "/" + number(build.of) : "");
  Lines out = flow({head, step, Line(build.step), Line(about(moment.elapsed), Tone::dim)}, SIZE_MAX);
  for (const auto& line : last_lines(build.output, 1)) out.push_back(Line("  ").add(line, Tone::dim));
  return out;
}

}  // namespace

Line bar(const std::vector<Share>& shares, std::size_t width, bool utf8) {
  std::size_t total = 0, left = width;
  for (const auto& share : shares) total += share.size;
  Line out;
  std::size_t nonempty =
      static_cast<std::size_t>(std::ranges::count_if(shares, [](const Share& s) { return s.size > 0; }));
  std::size_t rest = total;
  for (const auto& share : shares) {
    if (share.size == 0) continue;
    --nonempty;
    // Rounds over the remaining width, so that the total is exactly `width`, and reserves a column for each share that
    // follows.
    std::size_t wide = nonempty == 0 ? left : (share.size * left + rest / 2) / rest;
    const std::size_t most = left > nonempty ? left - nonempty : 0;
    wide = std::clamp<std::size_t>(wide, std::min<std::size_t>(1, most), most);
    std::string text;
    for (std::size_t i = 0; i < wide; ++i) text += utf8 ? share.block : share.ascii;
    out.add(text, share.tone);
    left -= wide;
    rest -= share.size;
  }
  if (total == 0) out.add(std::string(width, ' '));
  return out;
}

Lines progress(const Board& board, const Moment& moment, const Screen& given) {
  Screen screen = given;
  screen.width = std::max<std::size_t>(screen.width, 10);
  const auto width = screen.width - 1;
  std::size_t room = std::clamp<std::size_t>(screen.height * 2 / 3, 3, max_lines);
  Lines out;
  if (!board.begun) {
    if (board.build.begun && !board.build.over) out = build_lines(board, moment);
  } else {
    out = flow(headline(board, moment), width);
    const auto end = flow(footer(board, moment), width);
    const auto take = [&room](std::size_t lines) { room -= std::min(room, lines); };
    take(out.size() + end.size());
    for (auto& line : region_lines(board, screen, room)) out.push_back(std::move(line)), take(1);
    for (auto& line : target_lines(board, room)) out.push_back(std::move(line));
    out.insert(out.end(), end.begin(), end.end());
  }
  for (auto& line : out) line = line.cut(width, screen.utf8);
  return out;
}

}  // namespace deployctl::output
