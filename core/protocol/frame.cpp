#include "core/protocol/frame.hpp"

#include <algorithm>
#include <stdexcept>

namespace deployctl::protocol {

// The leading control character keeps login output, or a command that a shell echoes, from matching a magic.
const std::string_view magic{
    "\x01"
    "deployctl-agent",
    magic_size};
const std::string_view missing_magic{
    "\x01"
    "deployctl-wants",
    magic_size};

namespace {

void put_u32(Bytes& out, std::uint32_t n) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(n >> shift));
}

std::uint32_t get_u32(BytesView at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | std::uint32_t{at[3]};
}

Error broken(std::string why) { return error(Code::invalid, "the bytes are no frame: " + std::move(why)); }

constexpr std::uint32_t is_packed = 1U << 31;  // flag in the first four bytes

struct Header {
  std::size_t size, length;
  Frame frame;  // without its payload
};

Status check_length(std::size_t length) {
  if (length <= max_payload) return {};
  return fail(broken("a payload of " + std::to_string(length) + " bytes, the cap is " + std::to_string(max_payload)));
}

Result<Header> long_header(BytesView bytes) {
  const auto type = bytes[4];
  if (type < static_cast<std::uint8_t>(FrameType::hello) || type > static_cast<std::uint8_t>(FrameType::ping))
    return fail(broken("type " + std::to_string(type) + " is unknown"));
  if (bytes[5] != 0 || bytes[6] != 0 || bytes[7] != 0) return fail(broken("its padding is not zero"));
  return Header{header_size, get_u32(bytes),
                Frame{static_cast<FrameType>(type), get_u32(bytes.subspan(8)), get_u32(bytes.subspan(12)), {}}};
}

// Returns nullopt if the header is incomplete.
Result<std::optional<Header>> header_of(BytesView bytes) {
  if (bytes.size() < packed_header_size) return std::optional<Header>{};
  const auto first = get_u32(bytes);
  DEPLOYCTL_CHECK(check_length(first & ~is_packed));
  if (first & is_packed) return Header{packed_header_size, first & ~is_packed, Frame{FrameType::packed, 0, 0, {}}};
  if (bytes.size() < header_size) return std::optional<Header>{};
  DEPLOYCTL_TRY(header, long_header(bytes));
  return std::optional<Header>(std::move(header));
}

}  // namespace

Bytes encode(const Frame& frame) {
  if (frame.payload.size() > max_payload) throw std::length_error("a frame's payload is above 1 MiB");
  const bool packed = frame.type == FrameType::packed;
  Bytes out;
  out.reserve(header_size + frame.payload.size());
  put_u32(out, static_cast<std::uint32_t>(frame.payload.size()) | (packed ? is_packed : 0));
  if (!packed) {
    out.push_back(static_cast<std::uint8_t>(frame.type));
    out.insert(out.end(), 3, 0);
    put_u32(out, frame.stream);
    put_u32(out, frame.number);
  }
  out.insert(out.end(), frame.payload.begin(), frame.payload.end());
  return out;
}

void FrameDecoder::feed(BytesView data) {
  if (broken_) return;
  if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  } else if (at_ > max_payload) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
  }
  buffer_.insert(buffer_.end(), data.begin(), data.end());
}

Result<std::optional<Frame>> FrameDecoder::next() {
  if (broken_) return fail(*broken_);
  const BytesView rest = BytesView(buffer_).subspan(at_);
  auto header = header_of(rest);
  if (!header) {
    broken_ = header.error();
    return fail(*broken_);
  }
  if (!*header || rest.size() < (*header)->size + (*header)->length) return std::optional<Frame>{};
  const auto body = rest.subspan((*header)->size, (*header)->length);
  Frame frame = std::move((*header)->frame);
  frame.payload.assign(body.begin(), body.end());
  at_ += (*header)->size + body.size();
  return std::optional<Frame>(std::move(frame));
}

}  // namespace deployctl::protocol
