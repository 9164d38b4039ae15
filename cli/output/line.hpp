// A line for people before it is written: pieces of text, each with a tone. Layouts make lines, tests compare their
// text, and only the writer knows whether there is colour. A value; text is made printable as it comes in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deployctl::output {

enum class Tone { plain, good, bad, warn, dim, strong };

class Line {
 public:
  Line() = default;
  explicit Line(std::string_view text, Tone tone = Tone::plain) { add(text, tone); }
  Line& add(std::string_view text, Tone tone = Tone::plain);
  Line& add(const Line& other);

  std::size_t columns() const;
  bool empty() const { return pieces_.empty(); }
  Line cut(std::size_t width, bool utf8 = true) const;
  std::string text() const;             // without tones
  std::string shown(bool color) const;  // with ANSI colours where asked for

 private:
  struct Piece {
    std::string text;
    Tone tone;
  };
  std::vector<Piece> pieces_;
};

using Lines = std::vector<Line>;

// Pieces one after another, two spaces between, on as many lines as the width asks for.
Lines flow(const Lines& pieces, std::size_t width);
// The plain text of lines, each with its newline: what golden tests compare.
std::string text_of(const Lines& lines);

}  // namespace deployctl::output
