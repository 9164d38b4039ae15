#include "cli/output/table.hpp"

#include <algorithm>
#include <stdexcept>

#include "cli/output/text.hpp"

namespace deployctl::output {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t least = 8;

}  // namespace

void Table::row(std::vector<std::string> cells, Tone tone) {
  if (cells.size() > columns_.size()) throw std::out_of_range("a table's row has more cells than the table columns");
  cells.resize(columns_.size());
  for (auto& cell : cells) cell = printable(cell);
  rows_.push_back({std::move(cells), tone});
}

std::vector<std::size_t> Table::widths(std::size_t width) const {
  std::vector<std::size_t> out;
  std::size_t sum = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t most = columns(columns_[i].head);
    for (const auto& row : rows_) most = std::max(most, columns(row.cells[i]));
    out.push_back(most);
    sum += most + (i ? gap : 0);
  }
  while (width != 0 && sum > width) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].shrinks && out[i] > least && (widest == columns_.size() || out[i] > out[widest])) widest = i;
    if (widest == columns_.size()) break;
    --out[widest];
    --sum;
  }
  return out;
}

Line Table::line_of(const Row& row, const std::vector<std::size_t>& widths, bool utf8) const {
  std::string text;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto cell = cut(row.cells[i], widths[i], utf8);
    text += columns_[i].right ? padded_left(cell, widths[i]) : padded(cell, widths[i]);
    text += std::string(gap, ' ');
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return Line(text, row.tone);
}

Lines Table::lines(std::size_t width, bool utf8) const {
  const auto fitted = widths(width);
  Lines out;
  Row head{{}, Tone::dim};
  for (const auto& column : columns_) head.cells.push_back(column.head);
  if (std::any_of(columns_.begin(), columns_.end(), [](const Column& c) { return !c.head.empty(); }))
    out.push_back(line_of(head, fitted, utf8));
  for (const auto& row : rows_) out.push_back(line_of(row, fitted, utf8));
  if (width != 0)
    for (auto& line : out) line = line.cut(width, utf8);
  return out;
}

}  // namespace deployctl::output
