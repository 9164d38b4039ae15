#include "cli/output/line.hpp"

#include "cli/output/text.hpp"

namespace deployctl::output {
namespace {

const char* code_of(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return "";
    case Tone::good:
      return "\x1b[32m";
    case Tone::bad:
      return "\x1b[31m";
    case Tone::warn:
      return "\x1b[33m";
    case Tone::dim:
      return "\x1b[2m";
    case Tone::strong:
      return "\x1b[1m";
  }
  return "";
}

}  // namespace

Line& Line::add(std::string_view text, Tone tone) {
  if (!text.empty()) pieces_.push_back({printable(text), tone});
  return *this;
}

Line& Line::add(const Line& other) {
  pieces_.insert(pieces_.end(), other.pieces_.begin(), other.pieces_.end());
  return *this;
}

std::size_t Line::columns() const {
  std::size_t sum = 0;
  for (const auto& piece : pieces_) sum += output::columns(piece.text);
  return sum;
}

Line Line::cut(std::size_t width, bool utf8) const {
  if (columns() <= width) return *this;
  Line out;
  std::size_t taken = 0;
  for (const auto& piece : pieces_) {
    const auto size = output::columns(piece.text);
    // If more text follows, the last piece that fits gives up one column for the truncation mark.
    const bool ends_here = taken + size >= width;
    out.pieces_.push_back({ends_here ? output::cut(piece.text + " ", width - taken, utf8) : piece.text, piece.tone});
    if (ends_here) break;
    taken += size;
  }
  return out;
}

std::string Line::text() const { return shown(false); }

std::string Line::shown(bool color) const {
  std::string out;
  for (const auto& piece : pieces_) {
    const bool painted = color && piece.tone != Tone::plain;
    if (painted) out += code_of(piece.tone);
    out += piece.text;
    if (painted) out += "\x1b[0m";
  }
  return out;
}

Lines flow(const Lines& pieces, std::size_t width) {
  Lines out;
  for (const auto& piece : pieces) {
    if (piece.empty()) continue;
    if (!out.empty() && out.back().columns() + 2 + piece.columns() <= width)
      out.back().add("  ").add(piece);
    else
      out.push_back(piece);
  }
  return out;
}

std::string text_of(const Lines& lines) {
  std::string out;
  for (const auto& line : lines) out += line.text() + "\n";
  return out;
}

}  // namespace deployctl::output
