// How a payload's coded stream is spelled: what encode() writes and Decoder reads. Private to the room; pure,
// any thread. Integers are big-endian. A reader refuses what it doesn't know, and checks every length below
// before it allocates.
//
//   header     "deploypl", u32 version
//   manifest   u32 plain bytes, u32 coded bytes, then one zstd frame: the manifest's canonical JSON
//   window*    u8 'W', u8 coding, u16 starts, u16 regions, u32 plain bytes, u32 coded bytes,
//              starts x digest, regions x (digest, u64 offset, u32 length), then the coded bytes
//   end        u8 'E', sha256 of every byte before this record; nothing follows
//
// The plain bytes of all windows, one after another, are the contents in the order in which windows name them
// under `starts`; how long each is the manifest says. So small files travel as a pack (one window starts
// many), and a large one in several windows (the first starts it). A window ends with a content or inside the
// last one that it started. Contents that no window starts are those that the base has too.
//
// Codings: raw; zstd, one frame; zstd with a prefix, which is the regions of base contents one after another.
// A later version adds a delta as another coding. A reader of version 1 answers Code::unsupported to another
// version.
//
// Memory of a decoder: the zstd window (<= max_window) + the prefix (<= max_prefix) + 1 MiB, and the
// manifest.
#pragma once

#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"

namespace deployctl::payload {

inline constexpr std::uint32_t stream_version = 1;
inline constexpr std::size_t max_window = 16 * 1024 * 1024;    // plain bytes of one window
inline constexpr std::size_t max_prefix = 24 * 1024 * 1024;    // bytes of all its regions
inline constexpr std::size_t max_manifest = 64 * 1024 * 1024;  // plain bytes
inline constexpr std::size_t max_starts = 4096;                // contents that begin in one window
inline constexpr std::size_t max_regions = 4096;
inline constexpr int max_window_log = 24;  // of a zstd frame: 16 MiB

enum class Coding : std::uint8_t { raw = 0, zstd = 1, zstd_prefix = 2 };

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

}  // namespace format

Error malformed(const std::string& why);  // Code::verification

}  // namespace deployctl::payload
