// All that a seed decides. A value; the same seed, the same answers, on any machine.
#pragma once

#include <cstdint>

#include "core/base/duration.hpp"

namespace deployctl::simulation {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 0x2545f4914f6cdd1dULL) {}

  unsigned below(unsigned n) { return static_cast<unsigned>(next() % n); }
  unsigned between(unsigned least, unsigned most) { return least + below(most - least + 1); }
  bool percent(unsigned p) { return below(100) < p; }
  bool one_in(unsigned n) { return below(n) == 0; }
  Duration ms(unsigned least, unsigned most) { return Duration(between(least, most)); }

 private:
  // Vigna's splitmix64.
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

}  // namespace deployctl::simulation
