// Lays out what a terminal shows during a rollout: the board at one moment, as lines that fit a width and a height.
// Pure: the same board, moment and size give the same lines. An example in ASCII:
//
//   redis 7.2.4  wave 2/3 home  9 of 40 active  1 failed  1 min 20 s
//   eu-west  =========>>x--------   9/20  1 staging  1 activating  1 failed
//   us-east  --------------------   0/20
//     10.1.0.12  staging 61%  12.3 MB of 20.1 MB
//     10.1.0.11  activating: start
//   staging 12.3 MB of 20.1 MB  4.1 MB/s  1 s left
#pragma once

#include "cli/output/board.hpp"
#include "cli/output/line.hpp"

namespace deployctl::output {

struct Screen {
  std::size_t width = 80;
  std::size_t height = 24;
  bool utf8 = true;  // use block characters and "…" instead of ASCII
};

struct Moment {
  Duration elapsed{0};
  double bytes_per_second = 0;
  std::optional<Duration> baking_left;
};

// Lines are never wider than screen.width - 1, because a full line would wrap. Region and target lines are omitted so
// that the block takes at most two thirds of the screen's height and at most 18 lines; the headline and the footer are
// always shown.
Lines progress(const Board& board, const Moment& moment, const Screen& screen);

// Shares of a whole, drawn in order on `width` columns. A share that isn't empty gets at least one column while there
// is space.
struct Share {
  std::size_t size;
  Tone tone;
  const char* block;
  const char* ascii;
};
Line bar(const std::vector<Share>& shares, std::size_t width, bool utf8);

}  // namespace deployctl::output
