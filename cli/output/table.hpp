// A table of aligned columns with two spaces between them and no rules. Columns with `right` set are right-aligned. If
// the table is too wide, the columns with `shrinks` set are cut, the widest first, down to eight columns each. A value;
// pure.
#pragma once

#include <string>
#include <vector>

#include "cli/output/line.hpp"

namespace deployctl::output {

struct Column {
  std::string head{};  // all heads empty: no head line
  bool right = false;
  bool shrinks = false;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // Missing cells are empty. Throws std::out_of_range if there are more cells than columns.
  void row(std::vector<std::string> cells, Tone tone = Tone::plain);
  bool empty() const { return rows_.empty(); }
  // width 0: unlimited.
  Lines lines(std::size_t width = 0, bool utf8 = true) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    Tone tone;
  };
  std::vector<std::size_t> widths(std::size_t width) const;
  Line line_of(const Row& row, const std::vector<std::size_t>& widths, bool utf8) const;
  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace deployctl::output
