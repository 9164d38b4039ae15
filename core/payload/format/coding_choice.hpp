// Which codings a window is worth: what is to be smallest, or soonest at the other end of a link. Pure; any
// thread. The speeds and ratios behind it were measured on executables of some 50 MB, one thread of a server.
#pragma once

#include <cstdint>

namespace deployctl::payload {

struct Preference {
  enum class Goal : std::uint8_t { smallest, soonest };
  Goal goal = Goal::smallest;
  // Bytes a second of the link that the payload will go over, as far as it is known; 0: not at all, a common
  // WAN link is assumed. Means nothing for the smallest.
  std::uint64_t link_rate = 0;
  bool operator==(const Preference&) const = default;
};

struct WindowFacts {
  std::uint64_t plain = 0;  // bytes of the window
  std::uint64_t old = 0;    // bytes of its old self that can be seen; 0: it has none
  bool packed = false;      // many small contents with as many old selves
};

struct CodingChoice {
  bool delta = false;  // tried first
  bool zstd_prefix = false;
  bool zstd = false;
  int level = 3;  // of zstd
  bool operator==(const CodingChoice&) const = default;
};

CodingChoice codings_for(const Preference& preference, const WindowFacts& window);

// After a delta of `coded` bytes nothing else can be expected to be smaller.
bool is_decisive(std::uint64_t delta, std::uint64_t plain);
// Of zstd for a delta's streams of `streams` bytes in all: the fewer there are, the more each may cost. Of a
// large content there are many windows, each of which may cost less.
int delta_level(const Preference& preference, std::uint64_t streams, std::uint64_t plain, std::uint64_t content);

}  // namespace deployctl::payload
