#include "core/text/printable.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace deployctl {
namespace {

struct Range {
  char32_t first, last;
};
constexpr std::array unsafe{
    Range{0x00, 0x1f},     Range{0x7f, 0x9f},     Range{0xad, 0xad},       Range{0x61c, 0x61c},
    Range{0x180e, 0x180e}, Range{0x200b, 0x200f}, Range{0x2028, 0x202e},   Range{0x2060, 0x206f},
    Range{0xfeff, 0xfeff}, Range{0xfff9, 0xfffb}, Range{0xe0000, 0xe007f},
};

// The character at `at` and its length. A byte that begins no character is treated as '?' with length 1.
struct Character {
  char32_t code;
  std::size_t size;
};
Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  if (size == 1 || at + size > text.size()) return {lead < 0x80 ? char32_t{lead} : U'?', 1};
  char32_t code = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) code = code << 6 | (byte(at + i) & 0x3fU);
  return {code, size};
}

void append_escape(std::string& out, char32_t unit) {
  char text[12];
  std::snprintf(text, sizeof text, "\\u%04x", static_cast<unsigned>(unit));
  out += text;
}

}  // namespace

bool is_unsafe_to_print(char32_t c) {
  return std::any_of(unsafe.begin(), unsafe.end(), [c](const Range& r) { return r.first <= c && c <= r.last; });
}

std::string printable_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    const auto [code, size] = character_at(json, at);
    if (code < 0x7f || !is_unsafe_to_print(code)) {
      out += json.substr(at, size);
    } else if (code < 0x10000) {
      append_escape(out, code);
    } else {  // a surrogate pair
      append_escape(out, 0xd800 + ((code - 0x10000) >> 10));
      append_escape(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
    }
    at += size;
  }
  return out;
}

}  // namespace deployctl
