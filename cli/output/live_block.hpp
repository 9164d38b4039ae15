// A block of lines at the bottom of a terminal that is redrawn in place. The cursor is never hidden and is left below
// the block. If the program dies, even by kill -9, the shell's prompt appears on its own line and nothing needs to be
// restored. A frame is a single write. Owned by a view; one thread.
#pragma once

#include <cstdio>

#include "cli/output/line.hpp"

namespace deployctl::output {

class LiveBlock {
 public:
  LiveBlock(std::FILE* out, bool color) : out_(out), color_(color) {}
  // `above` scrolls by and remains; `block` replaces the previous block. `width` is the terminal's current width.
  void draw(const Lines& above, const Lines& block, std::size_t width);

 private:
  std::FILE* out_;
  bool color_;
  Lines drawn_;
};

}  // namespace deployctl::output
