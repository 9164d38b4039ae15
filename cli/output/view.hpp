// A rollout as the user asked to see it: JSON lines for CI, calm lines for a pipe (what went wrong and an end that
// is no success go to `err`), a live block for a terminal. The owner feeds
// every event in order to on(), calls tick() about ten times a second while it waits, and finish() once at the end,
// however it ended; the destructor finishes what wasn't. One thread. Nothing here fails: a stream that can't be written
// is the owner's to notice (ferror). A view says all there is to say of a rollout_finished: print no error beside it.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "cli/output/board.hpp"
#include "cli/output/line.hpp"
#include "core/base/clock.hpp"
#include "core/rollout/decision/advice.hpp"

namespace deployctl::output {

enum class Format { text, json };

struct ViewOptions {
  Format format = Format::text;
  bool color = false;  // of `out`
  bool err_color = false;
  bool quiet = false;        // failures, warnings and an end that wasn't success only
  unsigned verbosity = 0;    // 1: steps of targets and a build's output; 2: what their hooks print
  std::size_t width = 0;     // of the terminal; 0: asked for at each repaint, so that it may be resized
  bool is_terminal = false;  // `out` takes a live block
  bool utf8 = true;
  std::FILE* out = stdout;
  std::FILE* err = stderr;
  rollout::CommandFor command_for{};  // for the next steps and hints; absent: none is named
  const Clock* clock = &system_clock();
};

// From the streams and the environment: color, is_terminal, utf8.
ViewOptions view_options(std::FILE* out, std::FILE* err, bool no_color_option);

class View {
 public:
  virtual ~View() = default;
  virtual void on(const Event& event) = 0;
  // What was told before somebody looked: known, not shown.
  virtual void learn(const Event& event) = 0;
  virtual void tick(SteadyTime now) = 0;
  virtual void finish() = 0;  // idempotent
  // Something else is about to write to the same screen, such as a question: what is drawn is taken away first, and
  // nothing is drawn over what is written until the next event.
  virtual void make_room() {}
  // A line of the owner's own: above the live block, never through it. To `err`.
  virtual void note(const Line& line) = 0;
};

std::unique_ptr<View> make_view(const ViewOptions& options);

}  // namespace deployctl::output
