// The frame: the unit that crosses every link, whatever the transport below. Sans I/O: bytes in, frames out.
//
//   u32 length   of the payload, big endian, at most max_payload, checked before any allocation
//   u8  type     FrameType
//   u8  zero[3]
//   u32 stream   odd: opened by the caller; 0: the session itself (hello, abort of the whole session)
//   u32 number   a chunk's number in its payload; else 0
//   payload      a protobuf message, or a chunk's bytes
//
// Session:   agent -> magic (16 bytes, after at most 64 KiB of login noise) and hello; caller -> hello.
// Request:   caller -> request(s); agent -> event(s)*; agent -> reply(s) | abort(s). The caller may send abort(s).
// Liveness:  both -> ping (stream 0, no payload) when idle for 5 s; if nothing is received for 20 s, the peer is gone.
// Packed:    if the hellos of both sides have the feature "packs", frames other than chunks may be compressed
//            (core/link/packer.hpp). Such a batch belongs to no stream, and twelve fewer bytes matter on a distant
//            link, so its header is only
//              u32 length   with the highest bit set
// Pull:      receiver -> want(s); peer -> chunk(s, n)* : on the stream of a stage or a carry, the caller is the peer.
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
extern const std::string_view magic;          // printed by an agent that runs
extern const std::string_view missing_magic;  // printed by the shell if there is no such agent; requests it

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

// Returns header and payload; the header of a packed frame has no stream and number. Throws std::length_error for a
// payload above max_payload, which is a programming error.
Bytes encode(const Frame& frame);

// Takes bytes as they arrive and returns complete frames. An error (oversized, unknown type, non-zero padding) is
// final.
class FrameDecoder {
 public:
  void feed(BytesView data);
  Result<std::optional<Frame>> next();
  bool midway() const { return at_ < buffer_.size(); }  // the end of the input would truncate a frame

 private:
  Bytes buffer_;
  std::size_t at_ = 0;
  std::optional<Error> broken_;
};

}  // namespace deployctl::protocol
