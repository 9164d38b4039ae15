#include "cli/output/text.hpp"

#include <algorithm>
#include <array>

#include "core/text/printable.hpp"

namespace deployctl::output {
namespace {

struct Range {
  char32_t first, last;
};
constexpr std::array wide{
    Range{0x1100, 0x115f},   Range{0x2e80, 0x303e},   Range{0x3041, 0x33ff},   Range{0x3400, 0x4dbf},
    Range{0x4e00, 0x9fff},   Range{0xa000, 0xa4cf},   Range{0xac00, 0xd7a3},   Range{0xf900, 0xfaff},
    Range{0xfe30, 0xfe6f},   Range{0xff00, 0xff60},   Range{0xffe0, 0xffe6},   Range{0x1f300, 0x1f64f},
    Range{0x1f680, 0x1f6ff}, Range{0x1f900, 0x1f9ff}, Range{0x20000, 0x3fffd},
};
constexpr std::array marks{
    Range{0x300, 0x36f},   Range{0x483, 0x489},   Range{0x591, 0x5bd},   Range{0x610, 0x61a},
    Range{0x64b, 0x65f},   Range{0x1ab0, 0x1aff}, Range{0x1dc0, 0x1dff}, Range{0x200b, 0x200d},
    Range{0x20d0, 0x20ff}, Range{0xfe00, 0xfe0f}, Range{0xfe20, 0xfe2f},
};

template <std::size_t n>
bool in(const std::array<Range, n>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(), [c](const Range& r) { return r.first <= c && c <= r.last; });
}

// Zero-width characters that occur in ordinary words and emoji.
bool joins(char32_t c) { return c == 0xad || (c >= 0x200b && c <= 0x200d); }

constexpr char32_t bad = 0x110000;

// Returns the first character and its length in bytes; `bad` and 1 if the first byte begins no valid character.
std::pair<char32_t, std::size_t> first_of(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xf0 && lead < 0xf5   ? 4
                           : lead >= 0xe0 && lead < 0xf0 ? 3
                           : lead >= 0xc2 && lead < 0xe0 ? 2
                                                         : 0;
  if (size == 0 || s.size() < size) return {bad, 1};
  char32_t c = lead & (0xff >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {bad, 1};
    c = c << 6 | (byte(i) & 0x3f);
  }
  const bool overlong = (size == 3 && c < 0x800) || (size == 4 && c < 0x10000);
  if (overlong || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return {bad, 1};
  return {c, size};
}

// Returns the length of an escape sequence at the front, such as "\x1b[31m" or "\x1b]0;title\x07"; 0: none.
std::size_t escape_size(std::string_view s) {
  if (s.size() < 2 || s[0] != '\x1b') return 0;
  if (s[1] == '[') {
    const auto end = std::find_if(s.begin() + 2, s.end(), [](char c) { return c < 0x20 || c >= 0x40; });
    return end != s.end() && *end >= 0x40 && *end != 0x7f ? static_cast<std::size_t>(end - s.begin()) + 1 : 0;
  }
  if (s[1] != ']') return 0;
  const auto end = s.find_first_of("\x07\x1b\n", 2);
  if (end == std::string_view::npos || s[end] == '\n') return 0;
  return end + (s[end] == '\x1b' && end + 1 < s.size() && s[end + 1] == '\\' ? 2 : 1);
}

std::size_t columns_of(char32_t c) { return in(marks, c) ? 0 : in(wide, c) ? 2 : 1; }

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (const auto escape = escape_size(text.substr(at))) {
      at += escape;
      continue;
    }
    const auto [c, size] = first_of(text.substr(at));
    if (c == bad)
      out += "\xef\xbf\xbd";
    else if (c == '\t' || c == '\n' || c == '\r')
      out += ' ';
    else if (is_unsafe_to_print(c) && !joins(c))
      out += '?';
    else
      out += text.substr(at, size);
    at += size;
  }
  return out;
}

std::size_t columns(std::string_view text) {
  std::size_t sum = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto [c, size] = first_of(text.substr(at));
    sum += columns_of(c);
    at += size;
  }
  return sum;
}

std::string cut(std::string_view text, std::size_t width, bool utf8) {
  if (columns(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t taken = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto [c, size] = first_of(text.substr(at));
    if (taken + columns_of(c) > width - 1) break;
    taken += columns_of(c);
    at += size;
  }
  return std::string(text.substr(0, at)) + (utf8 ? "…" : "~");
}

std::string padded(std::string text, std::size_t width) {
  const auto has = columns(text);
  if (has < width) text.append(width - has, ' ');
  return text;
}

std::string padded_left(std::string text, std::size_t width) {
  const auto has = columns(text);
  if (has < width) text.insert(0, width - has, ' ');
  return text;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    // A program that redraws a progress bar uses '\r'; only the last state is kept.
    if (const auto back = line.rfind('\r'); back != std::string_view::npos) line.remove_prefix(back + 1);
    out.emplace_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

std::vector<std::string> last_lines(std::string_view text, std::size_t most) {
  auto lines = lines_of(text);
  std::erase_if(lines, [](const std::string& line) { return line.find_first_not_of(" \t") == std::string::npos; });
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most));
  return lines;
}

}  // namespace deployctl::output
