#include "cli/output/live_block.hpp"

#include <algorithm>

namespace deployctl::output {

void LiveBlock::draw(const Lines& above, const Lines& block, std::size_t width) {
  // Lines that were drawn on a wider terminal may now take several rows.
  std::size_t rows = 0;
  for (const auto& line : drawn_)
    rows += 1 + (std::max<std::size_t>(line.columns(), 1) - 1) / std::max<std::size_t>(width, 1);
  std::string frame;
  if (rows) frame += "\r\x1b[" + std::to_string(rows) + "A";
  // A line that scrolls by may wrap into rows of the old block, so these are cleared first. The lines of the block
  // never wrap, so a plain repaint clears row by row and doesn't flicker.
  if (rows && !above.empty()) frame += "\x1b[J";
  for (const auto* lines : {&above, &block})
    for (const auto& line : *lines) frame += "\x1b[K" + line.shown(color_) + "\n";
  if (rows) frame += "\x1b[J";
  drawn_ = block;
  std::fwrite(frame.data(), 1, frame.size(), out_);
  std::fflush(out_);
}

}  // namespace deployctl::output
