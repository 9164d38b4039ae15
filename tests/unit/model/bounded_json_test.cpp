// JSON from a peer or a file is bounded before anything is made of it.
#include "core/model/bounded_json.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/model/release.hpp"

using namespace deployctl;

namespace {

std::string nested(std::size_t depth, char open, char close) {
  return std::string(depth, open) + std::string(depth, close);
}

std::string release_with(const std::string& activation) {
  return R"({"activation":)" + activation + R"(,"artifact":"sha256:)" + std::string(64, '1') + R"(","version":"v1"})";
}

}  // namespace

TEST(BoundedJson, CountsLevelsOutsideOfStrings) {
  EXPECT_FALSE(model::is_nested_deeper(nested(5, '[', ']'), 5));
  EXPECT_TRUE(model::is_nested_deeper(nested(6, '[', ']'), 5));
  EXPECT_FALSE(model::is_nested_deeper(R"(["[[[[[[", "\"[[[[[["])", 2));
  EXPECT_FALSE(model::is_nested_deeper("[],[],[],[]", 1));
  EXPECT_TRUE(model::is_nested_deeper(R"([{"a":[{"b":1)", 3)) << "text that is cut off counts as well";
}

TEST(BoundedJson, AReleaseThatIsNestedDeeplyIsRefused) {
  for (const std::size_t depth : {200u, 100'000u, 500'000u}) {
    const auto release = model::Release::parse(release_with(nested(depth, '[', ']')));
    ASSERT_FALSE(release) << depth;
    EXPECT_EQ(release.error().code, Code::invalid);
    EXPECT_FALSE(model::Release::parse(release_with(std::string(depth, '['))));
  }
  const std::string objects = [] {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += "{\"a\":";
    return text;
  }();
  EXPECT_FALSE(model::Release::parse(release_with(objects)));
}

TEST(BoundedJson, WithoutAnExceptionTheResultIsDiscarded) {
  EXPECT_TRUE(model::try_parse_json(nested(200, '[', ']')).is_discarded());
  EXPECT_TRUE(model::try_parse_json("{").is_discarded());
  EXPECT_EQ(model::try_parse_json("[1]").size(), 1u);
}

TEST(BoundedJson, NumbersThatNoIntegerHoldsAreRefused) {
  for (const char* bad : {R"({"n":300001111111111111110})", R"({"n":1e300})", R"({"n":[0.5]})", R"({"n":{"m":-1e99}})"})
    EXPECT_THROW(model::parse_integer_json(bad), nlohmann::json::exception) << bad;
  EXPECT_EQ(model::parse_integer_json(R"({"n":18446744073709551615})").at("n").get<std::uint64_t>(),
            18446744073709551615u);
  const auto huge =
      release_with(R"({"env":{},"health_checks":[],"hooks":{"start":{"run":["x"],"timeout_ms":300001111111111111110}},)"
                   R"("linked_dirs":[],"linked_files":[]})");
  EXPECT_FALSE(model::Release::parse(huge));
}
