#include "cli/output/summary.hpp"
#include "cli/output/terminal.hpp"
#include "cli/output/views.hpp"

namespace deployctl::output {
namespace {

constexpr Duration between_paints{100};

// The block shows which targets are active. Only what is worth keeping after the block is gone gets its own line.
Detail progress_detail(const ViewOptions& options) {
  if (options.verbosity >= 2) return Detail::all;
  return options.verbosity == 1 ? Detail::targets : Detail::milestones;
}

}  // namespace

ProgressView::ProgressView(const ViewOptions& options)
    : options_(options),
      words_(progress_detail(options), screen().width >= narrow, options.command_for),
      block_(options.out, options.color) {}

void ProgressView::on(const Event& event) {
  const auto now = options_.clock->steady();
  if (!began_ || event.name == "rollout_started") began_ = now;
  gave_room_ = false;
  board_.take(event);
  if (event.name == "wave_baking" && board_.baking) bakes_until_ = now + *board_.baking;
  for (auto& line : words_.of(event, board_)) waiting_.push_back(std::move(line));
  tick(now);
}

void ProgressView::tick(SteadyTime now) {
  if (finished_ || gave_room_ || !began_ || (painted_ && now - *painted_ < between_paints)) return;
  paint(now);
}

void ProgressView::paint(SteadyTime now) {
  painted_ = now;
  rate_.add(now, board_.received);
  const auto size = screen();
  block_.draw(waiting_, progress(board_, moment(now), size), size.width);
  waiting_.clear();
}

void ProgressView::finish() {
  if (std::exchange(finished_, true)) return;
  const auto size = screen();
  for (auto& line : summary(board_, {options_.command_for, size.width, options_.utf8}))
    waiting_.push_back(std::move(line));
  block_.draw(waiting_, {}, size.width);
  waiting_.clear();
}

void ProgressView::make_room() {
  if (finished_) return;
  block_.draw(waiting_, {}, screen().width);
  waiting_.clear();
  gave_room_ = true;
}

void ProgressView::note(const Line& line) {
  // The block is on the same screen: a line written to `err` would corrupt it.
  if (finished_)
    block_.draw({line}, {}, screen().width);
  else
    waiting_.push_back(line);
}

Moment ProgressView::moment(SteadyTime now) const {
  Moment moment;
  moment.elapsed = now - began_.value_or(now);
  moment.bytes_per_second = rate_.per_second();
  if (board_.baking && bakes_until_) moment.baking_left = std::max(Duration(0), *bakes_until_ - now);
  return moment;
}

Screen ProgressView::screen() const {
  Screen screen = screen_of(options_.out);
  if (options_.width) screen.width = options_.width;
  screen.utf8 = options_.utf8;
  return screen;
}

}  // namespace deployctl::output
