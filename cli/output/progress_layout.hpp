// What a terminal shows while a rollout is under way: the board at one moment, as lines that fit a width and a height.
// Pure: the same board, moment and size give the same lines.
//
//   redis 7.2.4  wave 2/3 home  12 of 40 active  1 failed  1 min 20 s
//   eu-west  [=========>>>---------]   9/20  3 moving  1 failed
//   us-east  [-------------------- ]   0/20
//     10.1.0.12  staging 61%  12.3 MB of 20.1 MB
//     10.1.0.11  activating: start
//   staging 42.1 MB of 80.4 MB  4.1 MB/s  9 s left
#pragma once

#include "cli/output/board.hpp"
#include "cli/output/line.hpp"

namespace deployctl::output {

struct Screen {
  std::size_t width = 80;
  std::size_t height = 24;
  bool utf8 = true;  // bars of blocks, and "…"; else of ASCII
};

struct Moment {
  Duration elapsed{0};
  double bytes_per_second = 0;
  std::optional<Duration> baking_left;
};

// Never wider than screen.width - 1 (a full line would wrap), never higher than two thirds of the screen.
Lines progress(const Board& board, const Moment& moment, const Screen& screen);

// Shares of a whole, in order, drawn on `width` columns: a share that isn't empty gets at least one as long as there's
// room.
struct Share {
  std::size_t size;
  Tone tone;
  const char* block;
  const char* ascii;
};
Line bar(const std::vector<Share>& shares, std::size_t width, bool utf8);

}  // namespace deployctl::output
