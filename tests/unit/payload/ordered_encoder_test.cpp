#include "core/payload/encode/ordered_encoder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace deployctl::payload {
namespace {

CodedWindow numbered(std::uint32_t number) {
  CodedWindow window;
  window.window.plain = number;
  return window;
}

class Line : public ::testing::Test {
 protected:
  std::vector<std::uint32_t> out;
  OrderedEncoder::Out keep = [this](const CodedWindow& window) -> Status {
    out.push_back(window.window.plain);
    return {};
  };
};

TEST_F(Line, GivesWindowsInTheirOrderWhicheverIsReadyFirst) {
  OrderedEncoder line(2, 100, keep);
  std::latch second(1);
  ASSERT_TRUE(line.add(1, [&]() -> Result<CodedWindow> {
    second.wait();  // so the two do run side by side
    return numbered(0);
  }));
  ASSERT_TRUE(line.add(1, [&]() -> Result<CodedWindow> {
    second.count_down();
    return numbered(1);
  }));
  for (std::uint32_t i = 2; i < 20; ++i) ASSERT_TRUE(line.add(1, [i] { return Result<CodedWindow>(numbered(i)); }));
  ASSERT_TRUE(line.drain());
  ASSERT_EQ(out.size(), 20u);
  EXPECT_TRUE(std::is_sorted(out.begin(), out.end()));
}

TEST_F(Line, KeepsToItsBudgetAndLetsTheHeavyRunAlone) {
  OrderedEncoder line(8, 10, keep);
  line.reserve(4);
  std::atomic<int> weight{0};
  std::atomic<bool> exceeded{false};
  for (const int each : {3, 3, 3, 50, 2, 2, 2, 2}) {
    ASSERT_TRUE(line.add(static_cast<std::size_t>(each), [&, each]() -> Result<CodedWindow> {
      const int all = weight += each;
      if (all > 6 && all != 50) exceeded = true;
      weight -= each;
      return numbered(0);
    }));
  }
  ASSERT_TRUE(line.drain());
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(out.size(), 8u);
}

TEST_F(Line, TellsTheEarliestError) {
  OrderedEncoder line(3, 100, keep);
  ASSERT_TRUE(line.add(1, [] { return Result<CodedWindow>(numbered(0)); }));
  ASSERT_TRUE(line.add(1, []() -> Result<CodedWindow> { return fail(Code::not_found, "first"); }));
  ASSERT_TRUE(line.add(1, []() -> Result<CodedWindow> { return fail(Code::not_found, "second"); }));
  const auto drained = line.drain();
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().message, "first");
  EXPECT_EQ(out, (std::vector<std::uint32_t>{0}));
}

}  // namespace
}  // namespace deployctl::payload
