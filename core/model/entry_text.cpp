#include "core/model/entry_text.hpp"

#include <algorithm>
#include <charconv>

namespace deployctl::model::detail {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
// The control characters with a letter escape, in code order.
constexpr std::string_view lettered = "\b\t\n\f\r";
constexpr std::string_view letters = "btnfr";

std::string_view name_of(EntryType type) {
  switch (type) {
    case EntryType::folder:
      return "folder";
    case EntryType::link:
      return "link";
    case EntryType::file:
      break;
  }
  return "file";
}

bool plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

void write_escaped(std::string& out, char c) {
  out += '\\';
  if (c == '"' || c == '\\') {
    out += c;
  } else if (const auto at = lettered.find(c); at != std::string_view::npos) {
    out += letters[at];
  } else {
    out += "u00";
    out += hex_digits[static_cast<unsigned char>(c) >> 4];
    out += hex_digits[c & 15];
  }
}

void append_number(std::string& out, std::uint64_t number) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  out.append(text, end);
}

// The number of bytes that follow the first byte of a sequence; -1: not a first byte.
int following(unsigned char lead) {
  if (lead < 0x80) return 0;
  if (lead >= 0xc2 && lead <= 0xdf) return 1;
  if (lead >= 0xe0 && lead <= 0xef) return 2;
  if (lead >= 0xf0 && lead <= 0xf4) return 3;
  return -1;
}

// Excludes overlong forms, surrogates and code points above U+10FFFF (Unicode, table 3-7).
bool second_fits(unsigned char lead, unsigned char second) {
  const unsigned char least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned char most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  return second >= least && second <= most;
}

}  // namespace

void write_string(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    const auto end = std::find_if_not(text.begin(), text.end(), plain);
    out.append(text.begin(), end);
    if (end == text.end()) break;
    write_escaped(out, *end);
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()) + 1);
  }
  out += '"';
}

void write_entry(std::string& out, const Entry& entry) {
  out += '{';
  if (entry.type == EntryType::link) {
    out += "\"link\":";
    write_string(out, entry.link);
    out += ',';
  }
  out += "\"mode\":";
  append_number(out, entry.mode);
  out += ",\"path\":";
  write_string(out, entry.path);
  if (entry.type == EntryType::file) {
    out += ",\"sha256\":\"";
    out += entry.content.hex();
    out += "\",\"size\":";
    append_number(out, entry.size);
  }
  out += ",\"type\":\"";
  out += name_of(entry.type);
  out += "\"}";
}

bool CanonicalReader::skip(std::string_view literal) {
  if (!next_is(literal)) return false;
  rest_.remove_prefix(literal.size());
  return true;
}

void CanonicalReader::expect(std::string_view literal) {
  if (!skip(literal)) fail();
}

// Reads an escape after its backslash. An escape that has a shorter form is not canonical.
char CanonicalReader::escaped() {
  if (rest_.empty()) return fail(), '\0';
  const char letter = rest_.front();
  rest_.remove_prefix(1);
  if (letter == '"' || letter == '\\') return letter;
  if (const auto at = letters.find(letter); at != std::string_view::npos) return lettered[at];
  if (letter != 'u' || !rest_.starts_with("00") || rest_.size() < 4) return fail(), '\0';
  const auto high = hex_digits.find(rest_[2]), low = hex_digits.find(rest_[3]);
  rest_.remove_prefix(4);
  if (high > 1 || low == std::string_view::npos) return fail(), '\0';
  const char c = static_cast<char>(high * 16 + low);
  if (lettered.find(c) != std::string_view::npos) fail();
  return c;
}

std::string CanonicalReader::string() {
  std::string text;
  expect("\"");
  while (!failed_) {
    std::size_t end = 0;
    while (end < rest_.size() && plain(rest_[end])) ++end;
    text += rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (skip("\"")) break;
    expect("\\");
    if (!failed_) text += escaped();
  }
  if (!is_utf8(text)) fail();
  return text;
}

std::uint64_t CanonicalReader::number() {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
  const auto length = static_cast<std::size_t>(end - rest_.data());
  if (problem != std::errc() || (length > 1 && rest_.front() == '0')) return fail(), 0;
  rest_.remove_prefix(length);
  return number;
}

Digest CanonicalReader::digest() {
  expect("\"");
  return hex_and_quote();
}

Digest CanonicalReader::prefixed_digest() {
  expect("\"sha256:");
  return hex_and_quote();
}

Digest CanonicalReader::hex_and_quote() {
  const auto digest = Digest::parse(rest_.substr(0, 2 * Digest::size));
  if (failed_ || !digest) return fail(), Digest();
  rest_.remove_prefix(2 * Digest::size);
  expect("\"");
  return *digest;
}

Entry CanonicalReader::entry() {
  Entry entry;
  expect("{");
  if (skip("\"link\":")) {
    entry.type = EntryType::link;
    entry.link = string();
    expect(",");
  }
  expect("\"mode\":");
  const auto mode = number();
  entry.mode = static_cast<unsigned>(mode);
  if (mode > 07777) fail();
  expect(",\"path\":");
  entry.path = string();
  if (entry.type == EntryType::link) return expect(",\"type\":\"link\"}"), entry;
  if (skip(",\"type\":\"folder\"}")) return entry.type = EntryType::folder, entry;
  expect(",\"sha256\":");
  entry.content = digest();
  expect(",\"size\":");
  entry.size = number();
  expect(",\"type\":\"file\"}");
  return entry;
}

bool is_utf8(std::string_view text) {
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), ascii)) return true;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const int more = following(lead);
    if (more < 0 || text.size() - at <= static_cast<std::size_t>(more)) return false;
    for (int i = 1; i <= more; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if (i == 1 ? !second_fits(lead, next) : (next & 0xc0) != 0x80) return false;
    }
    at += 1 + more;
  }
  return true;
}

}  // namespace deployctl::model::detail
