// A terminal small enough to read: what an array of rows shows after the few sequences that LiveBlock writes. Rows that
// scroll off the top are kept, as a scrollback does. Anything that it doesn't know is a failed test.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace deployctl::output {

class FakeScreen {
 public:
  FakeScreen(std::size_t width, std::size_t height) : width_(width), height_(height) {}

  // ASCII only.
  void write(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '\x1b')
        at = sequence(text, at);
      else if (text[at] == '\n')
        down(), column_ = 0;
      else if (text[at] == '\r')
        column_ = 0;
      else
        put(text[at]);
    }
  }
  std::string text() const {
    std::string out;
    for (auto row : rows_) out += row.erase(row.find_last_not_of(' ') + 1) + "\n";
    return out;
  }

 private:
  void down() {
    ++row_;
    row();
  }
  std::string& row() {
    while (rows_.size() <= row_) rows_.emplace_back();
    return rows_[row_];
  }
  void put(char c) {
    if (column_ == width_) down(), column_ = 0;
    if (row().size() <= column_) row().resize(column_ + 1, ' ');
    row()[column_++] = c;
  }
  std::size_t sequence(std::string_view text, std::size_t at) {
    const auto end = text.find_first_of("AKJm", at);
    EXPECT_NE(end, std::string_view::npos);
    const std::string parameter(text.substr(at + 2, end - at - 2));
    if (text[end] == 'A') {
      const std::size_t top = rows_.size() > height_ ? rows_.size() - height_ : 0;
      const auto up = static_cast<std::size_t>(std::atoi(parameter.c_str()));
      row_ = row_ - std::min(up, row_ - top);
    }
    if (text[end] == 'K' || text[end] == 'J') row().resize(std::min(row().size(), column_));
    if (text[end] == 'J') rows_.resize(row_ + 1);
    return end;
  }

  std::size_t width_, height_;
  std::vector<std::string> rows_;
  std::size_t row_ = 0, column_ = 0;
};

}  // namespace deployctl::output
