#include "core/payload/format/coding_choice.hpp"

namespace deployctl::payload {
namespace {

using Goal = Preference::Goal;

constexpr std::uint64_t common_link = 12'500'000;  // 100 Mbit/s
constexpr std::uint64_t large_content = 50'000'000;

// Measured speed and ratio of one thread on executables.
struct Expected {
  double speed;  // plain bytes per second
  double ratio;  // coded size to plain size
};
constexpr Expected by_delta{50e6, 0.05};
constexpr Expected by_prefix{60e6, 0.22};
constexpr Expected by_zstd{250e6, 0.33};

double seconds(const Expected& coding, const WindowFacts& window, std::uint64_t link_rate) {
  const auto plain = static_cast<double>(window.plain);
  return plain / coding.speed + plain * coding.ratio / static_cast<double>(link_rate);
}

CodingChoice soonest(const WindowFacts& window, std::uint64_t link_rate) {
  CodingChoice choice;
  choice.zstd = true;
  if (window.old == 0) return choice;
  const double alone = seconds(by_zstd, window, link_rate);
  choice.delta = !window.packed && seconds(by_delta, window, link_rate) < alone;
  choice.zstd_prefix = !choice.delta && seconds(by_prefix, window, link_rate) < alone;
  return choice;
}

}  // namespace

CodingChoice codings_for(const Preference& preference, const WindowFacts& window) {
  if (preference.goal == Goal::soonest)
    return soonest(window, preference.link_rate > 0 ? preference.link_rate : common_link);
  const bool has_old = window.old > 0;
  return {has_old && !window.packed, has_old, true, 9};
}

bool is_decisive(std::uint64_t delta, std::uint64_t plain) { return delta <= plain / 3; }

int delta_level(const Preference& preference, std::uint64_t streams, std::uint64_t plain, std::uint64_t content) {
  if (preference.goal == Goal::soonest) return 6;
  if (content > large_content) plain /= 2;
  if (streams <= plain / 2) return 19;
  return streams <= plain ? 15 : 12;
}

}  // namespace deployctl::payload
