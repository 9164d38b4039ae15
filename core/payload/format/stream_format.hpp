// The binary format of a payload's coded stream, written by encode() and read by Decoder. Private to the module; pure,
// any thread. Integers are big-endian. A reader rejects unknown values, and checks every length below before it
// allocates memory.
//
//   header     "deploypl", u32 version
//   manifest   u32 plain bytes, u32 coded bytes, then one zstd frame: canonical JSON, either the manifest or, where
//              that is less than half as long, the change from the base's manifest (model/manifest_change.hpp)
//   window*    u8 'W', u8 coding, u16 starts, u16 regions, u32 plain bytes, u32 coded bytes,
//              starts x digest, regions x (digest, u64 offset, u32 length), then the coded bytes
//   end        u8 'E', sha256 of every byte before this record; nothing follows
//
// The concatenated plain bytes of all windows are the contents, in the order in which the windows list them under
// `starts`; the manifest has their sizes. Small files are packed (one window starts many contents), and a large file
// spans several windows (the first one starts it). A window ends at the end of a content or inside the last content
// that it started. Contents that no window starts are those that the base has too.
//
// Codings: raw; zstd, one frame; zstd with a prefix, which is the concatenation of the regions of base contents; delta,
// against its one region of at most max_base bytes. A delta is a sequence of segments:
//
//   segment    u8 words (0: explicit, 1: recalled), u32 plain bytes, 4 x (u32 bytes, u32 coded bytes), then the coded
//              bytes
//
// Each of the four streams is one zstd frame that continues through all segments of the window; it is flushed at the
// end of each segment and ends with the last. Integers in the streams are varints (varint.hpp), unsigned (u) or signed
// (s). An empty stream has no frame.
//   control    operations: u literals, u copied, and if any are copied: s position in the region, relative to the
//              end of the last copy (for the first copy: to the beginning of the region)
//   literals   the literal bytes of each operation, which precede the bytes that it copies
//   runs       for each copy: u number of bytes equal to the region's; then, if the copy continues, a word
//   words      4 bytes (fewer at the end of a copy), little-endian, to be added to the region's bytes: so a shifted
//              address is the same word wherever it occurs
// Where words are recalled, a run is encoded as 2 x its bytes, plus 1 if the word that follows is the one that was last
// added to the same word of the region in this window (word_memory.hpp). Such a word is omitted from the words stream.
// Only words of 4 bytes are recalled.
//
// Version 2 added the delta, version 3 the changed manifest, version 4 the recalled words. A reader returns
// Code::unsupported for any other version than its own.
//
// Memory of a decoder, apart from the manifest: the zstd window (<= 16 MiB) + the prefix (<= max_prefix) + 1 MiB; for a
// delta, 4 x 8 MiB + 2 x max_segment + 6 MiB instead.
#pragma once

#include <array>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"

namespace deployctl::payload {

inline constexpr std::uint32_t stream_version = 4;
inline constexpr std::size_t max_window = 16 * 1024 * 1024;    // plain bytes of one window
inline constexpr std::size_t max_prefix = 24 * 1024 * 1024;    // total bytes of a window's regions
inline constexpr std::size_t max_manifest = 64 * 1024 * 1024;  // plain bytes
inline constexpr std::size_t max_starts = 4096;                // contents that one window starts
inline constexpr std::size_t max_regions = 4096;
inline constexpr int max_window_log = 24;                                  // zstd window: 16 MiB
inline constexpr std::size_t max_base = 256 * 1024 * 1024;                 // bytes of a delta's region
inline constexpr std::size_t max_segment = 1024 * 1024;                    // total bytes of a segment's streams
inline constexpr std::size_t max_coded_segment = max_segment + 16 * 1024;  // the same when zstd can't compress them
inline constexpr int delta_window_log = 23;                                // zstd window of a delta's streams: 8 MiB

enum class Coding : std::uint8_t { raw = 0, zstd = 1, zstd_prefix = 2, delta = 3 };

enum class DeltaStream : std::uint8_t { control, runs, words, literals };
inline constexpr std::size_t delta_streams = 4;

struct DeltaSegment {
  bool recalls = false;  // whether words may be recalled
  std::uint32_t plain = 0;
  std::array<std::uint32_t, delta_streams> streams{};  // plain bytes of each
  std::array<std::uint32_t, delta_streams> coded{};    // compressed bytes of each
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

// Arguments have exactly the sizes above. Code::verification for values out of bounds, Code::unsupported for another
// version.
Status check_header(BytesView bytes);
Result<ManifestHead> read_manifest_head(BytesView bytes);

// The head of a window, with the lengths of the lists that follow it.
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
