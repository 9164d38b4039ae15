// Memory for what is large.
#include "core/io/large_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/bytes.hpp"

namespace deployctl::io {
namespace {

class LargeBuffers : public ::testing::TestWithParam<std::size_t> {};

TEST_P(LargeBuffers, AreZeroedAndWritableToTheirEnds) {
  LargeBuffer buffer(GetParam());
  ASSERT_EQ(buffer.size(), GetParam());
  const std::span<std::uint8_t> bytes = buffer;
  EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; }));
  std::fill(bytes.begin(), bytes.end(), std::uint8_t{7});
  const LargeBuffer moved = std::move(buffer);
  const BytesView there = moved;
  EXPECT_EQ(std::count(there.begin(), there.end(), 7), static_cast<std::ptrdiff_t>(GetParam()));
}

// Small ones, one beside a huge page, some of them.
INSTANTIATE_TEST_SUITE_P(Sizes, LargeBuffers,
                         ::testing::Values(0, 1, 4096, 2'097'151, 2'097'152, 2'097'153, 9'000'000));

TEST(LargeBuffers, BeginWhereAHugePageDoes) {
  const LargeBuffer buffer(5'000'000);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % (2 * 1024 * 1024), 0u);
}

TEST(LargeBuffers, OneThatCanNotBeHadIsSaidSo) { EXPECT_THROW(LargeBuffer(std::size_t{1} << 60), std::bad_alloc); }

}  // namespace
}  // namespace deployctl::io
