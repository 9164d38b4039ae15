// A block of lines at the bottom of a terminal that is drawn over itself. The cursor is never hidden and rests below
// the block, so whenever the program dies, by kill -9 too, the shell's prompt comes on a line of its own and nothing
// has to be restored. A frame is one write. Owned by a view; one thread.
#pragma once

#include <cstdio>

#include "cli/output/line.hpp"

namespace deployctl::output {

class LiveBlock {
 public:
  LiveBlock(std::FILE* out, bool color) : out_(out), color_(color) {}
  // `above` scrolls by and stays; `block` replaces the one that stands there. `width`: of the terminal now.
  void draw(const Lines& above, const Lines& block, std::size_t width);

 private:
  std::FILE* out_;
  bool color_;
  Lines drawn_;
};

}  // namespace deployctl::output
