#include "core/wire/frame.hpp"

#include <algorithm>
#include <stdexcept>

namespace deployctl::wire {

// The leading control character keeps what a login prints, or a shell echoes, from looking like one of them.
const std::string_view magic{"\x01" "deployctl-agent", magic_size};
const std::string_view missing_magic{"\x01" "deployctl-wants", magic_size};

namespace {

void put_u32(Bytes& out, std::uint32_t n) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(n >> shift));
}

std::uint32_t get_u32(BytesView at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | std::uint32_t{at[3]};
}

Error broken(std::string why) { return error(Code::invalid, "the bytes are no frame: " + std::move(why)); }

Status check_header(BytesView header) {
  const auto length = get_u32(header);
  if (length > max_payload)
    return fail(broken("a payload of " + std::to_string(length) + " bytes, the cap is " + std::to_string(max_payload)));
  const auto type = header[4];
  if (type < static_cast<std::uint8_t>(FrameType::hello) || type > static_cast<std::uint8_t>(FrameType::packed))
    return fail(broken("type " + std::to_string(type) + " is unknown"));
  if (header[5] != 0 || header[6] != 0 || header[7] != 0) return fail(broken("its padding is not zero"));
  return {};
}

}  // namespace

Bytes encode(const Frame& frame) {
  if (frame.payload.size() > max_payload) throw std::length_error("a frame's payload is above 1 MiB");
  Bytes out;
  out.reserve(header_size + frame.payload.size());
  put_u32(out, static_cast<std::uint32_t>(frame.payload.size()));
  out.push_back(static_cast<std::uint8_t>(frame.type));
  out.insert(out.end(), 3, 0);
  put_u32(out, frame.stream);
  put_u32(out, frame.number);
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
  if (rest.size() < header_size) return std::optional<Frame>{};
  if (auto status = check_header(rest.first(header_size)); !status) {
    broken_ = status.error();
    return fail(*broken_);
  }
  const std::size_t length = get_u32(rest);
  if (rest.size() < header_size + length) return std::optional<Frame>{};
  const auto body = rest.subspan(header_size, length);
  Frame frame{static_cast<FrameType>(rest[4]), get_u32(rest.subspan(8)), get_u32(rest.subspan(12)),
              Bytes(body.begin(), body.end())};
  at_ += header_size + length;
  return std::optional<Frame>(std::move(frame));
}

}  // namespace deployctl::wire
