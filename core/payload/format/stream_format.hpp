// How a payload's coded stream is spelled: what encode() writes and Decoder reads. Private to the room; pure,
// any thread. Integers are big-endian. A reader refuses what it doesn't know, and checks every length below
// before it allocates.
//
//   header     "deploypl", u32 version
//   manifest   u32 plain bytes, u32 coded bytes, then one zstd frame: canonical JSON, either the manifest or, where
//              that is less than half as long, what changes the base's into it (model/manifest_change.hpp)
//   window*    u8 'W', u8 coding, u16 starts, u16 regions, u32 plain bytes, u32 coded bytes,
//              starts x digest, regions x (digest, u64 offset, u32 length), then the coded bytes
//   end        u8 'E', sha256 of every byte before this record; nothing follows
//
// The plain bytes of all windows, one after another, are the contents in the order in which windows name them
// under `starts`; how long each is the manifest says. So small files travel as a pack (one window starts
// many), and a large one in several windows (the first starts it). A window ends with a content or inside the
// last one that it started. Contents that no window starts are those that the base has too.
//
// Codings: raw; zstd, one frame; zstd with a prefix, which is the regions of base contents one after another;
// delta, against its one region of at most max_base bytes. A delta is a row of segments:
//
//   segment    u8 words (0: told, 1: recalled), u32 plain bytes, 4 x (u32 bytes, u32 coded bytes), then the coded bytes
//
// The four streams are zstd frames that go through all segments of the window, flushed at the end of each,
// ended with the last. Integers in them are varints (varint.hpp). An empty stream has no frame.
//   control    operations: u literals, u copied, and if any are copied: s place in the region, relative to the
//              end of the last copy (at first: to its beginning)
//   literals   the bytes of each operation's literals, which come before what it copies
//   runs       for each copy, in turn: u how many bytes are the region's own; then, if the copy goes on, a word
//   words      4 bytes (fewer at the end of a copy), little-endian, to be added to the region's: so a shifted
//              address is the same word wherever it stands
// Where words are recalled, each run is 2 x its bytes, and 1 more where its word is what was added to the same word
// of the region the last time in this window (word_memory.hpp): such a word is not told. Only whole ones are.
//
// Version 2 has added the delta, version 3 the changed manifest, version 4 the recalled words; a reader answers
// Code::unsupported to any other version.
//
// Memory of a decoder: the zstd window (<= 16 MiB) + the prefix (<= max_prefix) + 1 MiB, and the manifest; a
// delta: 4 x 8 MiB + 2 x max_segment + 6 MiB in their stead.
#pragma once

#include <array>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"

namespace deployctl::payload {

inline constexpr std::uint32_t stream_version = 4;
inline constexpr std::size_t max_window = 16 * 1024 * 1024;    // plain bytes of one window
inline constexpr std::size_t max_prefix = 24 * 1024 * 1024;    // bytes of all its regions
inline constexpr std::size_t max_manifest = 64 * 1024 * 1024;  // plain bytes
inline constexpr std::size_t max_starts = 4096;                // contents that begin in one window
inline constexpr std::size_t max_regions = 4096;
inline constexpr int max_window_log = 24;                                  // of a zstd frame: 16 MiB
inline constexpr std::size_t max_base = 256 * 1024 * 1024;                 // bytes of a delta's region
inline constexpr std::size_t max_segment = 1024 * 1024;                    // bytes of a segment's streams
inline constexpr std::size_t max_coded_segment = max_segment + 16 * 1024;  // bytes that zstd can't shrink
inline constexpr int delta_window_log = 23;                                // of a delta's frames: 8 MiB

enum class Coding : std::uint8_t { raw = 0, zstd = 1, zstd_prefix = 2, delta = 3 };

enum class DeltaStream : std::uint8_t { control, runs, words, literals };
inline constexpr std::size_t delta_streams = 4;

struct DeltaSegment {
  bool recalls = false;  // words
  std::uint32_t plain = 0;
  std::array<std::uint32_t, delta_streams> streams{};  // bytes of each
  std::array<std::uint32_t, delta_streams> coded{};    // and compressed
};

// A piece of a base content.
struct Region {
  Digest content;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
};

struct Window {
  Coding coding = Coding::raw;
  std::uint32_t plain = 0;
  std::uint32_t coded = 0;
  std::vector<Digest> starts;
  std::vector<Region> regions;
};

struct ManifestHead {
  std::uint32_t plain = 0;
  std::uint32_t coded = 0;
};

namespace format {

inline constexpr std::uint8_t window_kind = 'W';
inline constexpr std::uint8_t end_kind = 'E';
inline constexpr std::size_t header_size = 12;
inline constexpr std::size_t manifest_head_size = 8;
inline constexpr std::size_t window_head_size = 13;  // after the kind, before the lists
inline constexpr std::size_t segment_head_size = 5 + delta_streams * 8;

Bytes header();
Bytes manifest_head(const ManifestHead& head);
Bytes window(const Window& window);  // kind, head and lists; the coded bytes follow

// Of exactly the sizes above; anything out of bounds is Code::verification, another version
// Code::unsupported.
Status check_header(BytesView bytes);
Result<ManifestHead> read_manifest_head(BytesView bytes);

// A window's head says how long its lists are.
struct WindowHead {
  Window window;  // without its lists
  std::size_t starts = 0;
  std::size_t regions = 0;
  std::size_t lists_size() const { return starts * Digest::size + regions * (Digest::size + 12); }
};
Result<WindowHead> read_window_head(BytesView bytes);
Result<Window> read_window_lists(WindowHead head, BytesView lists);

Bytes segment_head(const DeltaSegment& segment);
Result<DeltaSegment> read_segment_head(BytesView bytes);

}  // namespace format

Error malformed(const std::string& why);  // Code::verification

}  // namespace deployctl::payload
