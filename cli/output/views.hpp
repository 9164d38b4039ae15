// The three views behind make_view(). Private to the module.
#pragma once

#include <utility>

#include "cli/output/live_block.hpp"
#include "cli/output/plain_lines.hpp"
#include "cli/output/progress_layout.hpp"
#include "cli/output/rate_window.hpp"
#include "cli/output/view.hpp"

namespace deployctl::output {

// Writes each event as one line to `out` and flushes it. Failures and the summary go to `err` as text.
class JsonView : public View {
 public:
  explicit JsonView(const ViewOptions& options);
  ~JsonView() override { JsonView::finish(); }
  void on(const Event& event) override;
  void learn(const Event& event) override { board_.take(event); }
  void tick(SteadyTime) override {}
  void finish() override;
  void note(const Line& line) override;

 private:
  ViewOptions options_;
  Board board_;
  PlainLines words_;
  bool finished_ = false;
};

class TextView : public View {
 public:
  explicit TextView(const ViewOptions& options);
  ~TextView() override { TextView::finish(); }
  void on(const Event& event) override;
  void learn(const Event& event) override { board_.take(event); }
  void tick(SteadyTime) override {}
  void finish() override;
  void note(const Line& line) override;

 private:
  ViewOptions options_;
  Board board_;
  PlainLines words_;
  bool finished_ = false;
};

// Lines are held until the next repaint, at most 100 ms, and then scroll by above the block.
class ProgressView : public View {
 public:
  explicit ProgressView(const ViewOptions& options);
  ~ProgressView() override { ProgressView::finish(); }
  void on(const Event& event) override;
  void learn(const Event& event) override { board_.take(event); }
  void tick(SteadyTime now) override;
  void finish() override;
  void make_room() override;
  void note(const Line& line) override;

 private:
  void paint(SteadyTime now);
  Moment moment(SteadyTime now) const;
  Screen screen() const;

  ViewOptions options_;
  Board board_;
  PlainLines words_;
  LiveBlock block_;
  RateWindow rate_;
  Lines waiting_;
  std::optional<SteadyTime> began_, painted_, bakes_until_;
  bool finished_ = false;
  bool gave_room_ = false;  // until the next event
};

}  // namespace deployctl::output
