#include "core/transport/encoding.hpp"

#include "core/base/digest.hpp"

namespace deployctl::transport::detail {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::optional<std::string> from_base64(std::string_view text, bool lines) {
  std::string out;
  std::uint32_t group = 0;
  unsigned digits = 0, padding = 0;
  for (const char c : text) {
    if (lines && (c == '\n' || c == '\r')) continue;
    const auto value = alphabet.find(c);
    if (c == '=')
      ++padding;
    else if (value == std::string_view::npos || padding)
      return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(c == '=' ? 0 : value);
    if (++digits % 4) continue;
    for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>(group >> shift & 0xff);
    group = 0;
  }
  if (digits % 4 || padding > 2) return std::nullopt;
  out.resize(out.size() - padding);
  return out;
}

std::string to_base64(std::string_view raw) {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < raw.size() ? static_cast<std::uint8_t>(raw[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += i + k > raw.size() ? '=' : alphabet[group >> (18 - 6 * k) & 0x3f];
  }
  return out;
}

std::string encode_u32(std::uint32_t n) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift & 0xff);
  return out;
}

std::string encode_string(std::string_view s) { return encode_u32(static_cast<std::uint32_t>(s.size())).append(s); }

std::optional<std::string_view> SshReader::bytes(std::size_t n) {
  if (n > left_.size()) {
    left_ = {};
    return std::nullopt;
  }
  const auto out = left_.substr(0, n);
  left_.remove_prefix(n);
  return out;
}

std::optional<std::uint32_t> SshReader::u32() {
  const auto raw = bytes(4);
  if (!raw) return std::nullopt;
  std::uint32_t n = 0;
  for (const char c : *raw) n = n << 8 | static_cast<std::uint8_t>(c);
  return n;
}

std::optional<std::string_view> SshReader::string() {
  const auto n = u32();
  return n ? bytes(*n) : std::nullopt;
}

std::string type_of_blob(std::string_view blob) {
  const auto type = SshReader(blob).string();
  return type ? std::string(*type) : std::string();
}

std::string fingerprint_of(std::string_view blob) {
  std::string text = to_base64(sha256(blob).raw());
  while (text.ends_with('=')) text.pop_back();
  return "SHA256:" + text;
}

}  // namespace deployctl::transport::detail
