// The frame: what crosses every link, whatever stands below it. Sans I/O: bytes in, frames out.
//
//   u32 length   of the payload, big endian, at most max_payload, checked before anything is allocated
//   u8  type     FrameType
//   u8  zero[3]
//   u32 stream   odd: opened by the caller; 0: the session itself (hello, abort of the whole session)
//   u32 number   a chunk's number in its payload; else 0
//   payload      a protobuf message, or a chunk's bytes
//
// A session:   agent -> magic (16 bytes, after at most 64 KiB of login noise) and hello; caller -> hello.
// A request:   caller -> request(s); agent -> event(s)*; agent -> reply(s) | abort(s). The caller may send abort(s).
// Living:     both -> ping (stream 0, no payload) when idle for 5 s; nothing heard for 20 s: the peer is gone.
// Packed:     where both sides' hellos name the feature "packs", frames other than chunks may come squeezed
// (link/packer.hpp).
//             Such a row belongs to no stream, and on a link across the world twelve bytes less count: its header is
//               u32 length   with the highest bit set
// A pull:      receiver -> want(s); peer -> chunk(s, n)* : on the stream of a stage or a carry, the caller is the peer.
#pragma once

#include <optional>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace deployctl::protocol {

inline constexpr std::uint32_t protocol_version = 1;
inline constexpr std::size_t header_size = 16;
inline constexpr std::size_t packed_header_size = 4;
inline constexpr std::size_t max_payload = 1024 * 1024;
inline constexpr std::size_t magic_size = 16;
inline constexpr std::size_t max_noise = 64 * 1024;
extern const std::string_view magic;          // an agent that runs
extern const std::string_view missing_magic;  // the shell: no such agent here, send it

enum class FrameType : std::uint8_t {
  hello = 1,
  request = 2,
  event = 3,
  reply = 4,
  abort = 5,
  want = 6,
  chunk = 7,
  ping = 8,
  packed = 9
};

struct Frame {
  FrameType type = FrameType::hello;
  std::uint32_t stream = 0;
  std::uint32_t number = 0;
  Bytes payload;
  bool operator==(const Frame&) const = default;
};

// Header and payload, of a packed one without stream and number; a payload above max_payload is a broken invariant
// (throws std::length_error).
Bytes encode(const Frame& frame);

// Fed with bytes as they come; gives whole frames. An error (oversized, unknown type, non-zero padding) is final.
class FrameDecoder {
 public:
  void feed(BytesView data);
  Result<std::optional<Frame>> next();
  bool midway() const { return at_ < buffer_.size(); }  // bytes are left over: the end here would cut a frame

 private:
  Bytes buffer_;
  std::size_t at_ = 0;
  std::optional<Error> broken_;
};

}  // namespace deployctl::protocol
