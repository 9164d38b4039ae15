// Shows a rollout in the requested format: JSON lines for CI, plain lines for a pipe (failures, and the summary of a
// rollout that did not succeed, go to `err`), or a live block on a terminal. The owner passes every event in order to
// on(), calls tick() about ten times a second while it waits, and calls finish() once at the end, whatever the result;
// otherwise the destructor does. One thread. Views don't fail: the owner checks for write errors with ferror(). A view
// reports rollout_finished completely, so the owner must not print its error again.
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
  bool color = false;  // for `out`
  bool err_color = false;
  bool quiet = false;        // only failures, warnings and the summary of an unsuccessful rollout
  unsigned verbosity = 0;    // 1: steps and build output (in a live block: active targets); 2: all, with hook output
  std::size_t width = 0;     // of the terminal; 0: queried at each repaint, so that resizing works
  bool is_terminal = false;  // `out` supports a live block
  bool utf8 = true;
  std::FILE* out = stdout;
  std::FILE* err = stderr;
  rollout::CommandFor command_for{};  // for the next steps and hints; absent: none are shown
  const Clock* clock = &system_clock();
};

// Derives color, is_terminal and utf8 from the streams and the environment.
ViewOptions view_options(std::FILE* out, std::FILE* err, bool no_color_option);

class View {
 public:
  virtual ~View() = default;
  virtual void on(const Event& event) = 0;
  // Takes an event from before the view was opened: updates the state, prints nothing.
  virtual void learn(const Event& event) = 0;
  virtual void tick(SteadyTime now) = 0;
  virtual void finish() = 0;  // idempotent
  // Clears the block before other output, such as a prompt, is written to the same screen. Nothing is drawn until the
  // next event.
  virtual void make_room() {}
  // Prints a line of the owner: to `err`, or in the progress view above the live block.
  virtual void note(const Line& line) = 0;
};

std::unique_ptr<View> make_view(const ViewOptions& options);

}  // namespace deployctl::output
