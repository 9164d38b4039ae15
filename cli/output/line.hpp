// A line of output before it is written: pieces of text, each with a tone. Layouts produce lines, tests compare their
// text, and only the writer decides about color. A value; text is made printable when it is added.
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
  std::string shown(bool color) const;  // with ANSI colors if `color`

 private:
  struct Piece {
    std::string text;
    Tone tone;
  };
  std::vector<Piece> pieces_;
};

using Lines = std::vector<Line>;

// Joins the pieces with two spaces and wraps them to as many lines as the width requires.
Lines flow(const Lines& pieces, std::size_t width);
// Returns the plain text of the lines, each with a newline.
std::string text_of(const Lines& lines);

}  // namespace deployctl::output
