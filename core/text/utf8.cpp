#include "core/text/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace deployctl::text {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t i) { return static_cast<std::uint8_t>(text[i]); }

// The length of the character at i; 0: invalid UTF-8, including overlong forms, surrogates and code points above
// U+10FFFF.
std::size_t length_at(std::string_view text, std::size_t i) {
  const auto lead = byte_at(text, i);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || i + length > text.size()) return 0;
  for (std::size_t k = 1; k < length; ++k)
    if ((byte_at(text, i + k) & 0xc0) != 0x80) return 0;
  const auto second = byte_at(text, i + 1);
  if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
  if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
  return length;
}

bool is_control(std::uint8_t c) { return c < 0x20 || c == 0x7f; }

}  // namespace

std::optional<Unreadable> find_unreadable(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = byte_at(text, i);
    if (is_control(c) && c != '\t' && c != '\n' && c != '\r')
      return Unreadable{i, fmt::format("a control character (0x{:02x})", c)};
    const auto length = length_at(text, i);
    if (length == 0) return Unreadable{i, fmt::format("a byte that is not UTF-8 (0x{:02x})", c)};
    i += length;
  }
  return std::nullopt;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return is_control(static_cast<std::uint8_t>(c)); });
}

}  // namespace deployctl::text
