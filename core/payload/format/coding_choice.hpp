// Selects the codings to try for a window, for the smallest payload or for the earliest arrival at the other end of a
// link. Pure; any thread. The speeds and ratios behind it were measured on executables of about 50 MB, with one thread
// of a server.
#pragma once

#include <cstdint>

namespace deployctl::payload {

struct Preference {
  enum class Goal : std::uint8_t { smallest, soonest };
  Goal goal = Goal::smallest;
  // Bytes per second of the link that the payload goes over. 0: unknown; a common WAN link (100 Mbit/s) is assumed.
  // Ignored with Goal::smallest.
  std::uint64_t link_rate = 0;
  bool operator==(const Preference&) const = default;
};

struct WindowFacts {
  std::uint64_t plain = 0;  // bytes of the window
  std::uint64_t old = 0;    // bytes of its base that are available; 0: it has no base
  bool packed = false;      // many small contents, each with its own base file
};

struct CodingChoice {
  bool delta = false;  // tried first
  bool zstd_prefix = false;
  bool zstd = false;
  int level = 3;  // zstd compression level
  bool operator==(const CodingChoice&) const = default;
};

CodingChoice codings_for(const Preference& preference, const WindowFacts& window);

// Whether a delta of `delta` coded bytes is so small that no other coding is tried.
bool is_decisive(std::uint64_t delta, std::uint64_t plain);
// The zstd level for the streams of a delta, which have `streams` bytes in total. Fewer bytes allow a higher level; a
// large content has many windows, so each gets less time.
int delta_level(const Preference& preference, std::uint64_t streams, std::uint64_t plain, std::uint64_t content);

}  // namespace deployctl::payload
