#include "cli/output/table.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace deployctl::output {
namespace {

Table a_table() {
  Table table({{"region", false}, {"target", false, true}, {"bytes", true}});
  table.row({"eu-west", "10.1.0.11", "12"});
  table.row({"東京", "a-host-with-a-long-name.example.org", "1,234"}, Tone::bad);
  table.row({"us"});
  return table;
}

TEST(Table, AlignsColumnsAndLeavesNoSpacesBehind) {
  EXPECT_EQ(text_of(a_table().lines()),
            "region   target                               bytes\n"
            "eu-west  10.1.0.11                               12\n"
            "東京     a-host-with-a-long-name.example.org  1,234\n"
            "us\n");
}

TEST(Table, CutsTheColumnThatMayShrink) {
  EXPECT_EQ(text_of(a_table().lines(36)),
            "region   target                bytes\n"
            "eu-west  10.1.0.11                12\n"
            "東京     a-host-with-a-long-…  1,234\n"
            "us\n");
}

TEST(Table, IsNeverWiderThanAsked) {
  for (std::size_t width = 1; width < 60; ++width)
    for (const auto& line : a_table().lines(width)) EXPECT_LE(line.columns(), width);
}

TEST(Table, WithoutHeadsHasNoHeadLine) {
  Table table({{"", false}, {"", false}});
  table.row({"failed", "10.1.0.11"});
  EXPECT_EQ(text_of(table.lines()), "failed  10.1.0.11\n");
}

TEST(Table, ACellTooManyIsABrokenInvariant) {
  Table table({{"one", false}});
  EXPECT_THROW(table.row({"a", "b"}), std::out_of_range);
}

}  // namespace
}  // namespace deployctl::output
