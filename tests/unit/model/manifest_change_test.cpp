#include "core/model/manifest_change.hpp"

#include <gtest/gtest.h>

namespace deployctl::model {
namespace {

Entry file(std::string path, std::string_view text = "abc") {
  return {std::move(path), EntryType::file, 0644, text.size(), sha256(text), {}};
}

Manifest of(std::vector<Entry> entries) { return Manifest::make(std::move(entries)).value(); }

// There and back by its text.
void expect_round_trip(const Manifest& base, const Manifest& next) {
  const auto change = ManifestChange::between(base, next);
  const auto read = ManifestChange::parse(change.json());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, change);
  const auto made = read->apply(base);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->json(), next.json());
}

TEST(ManifestChange, BringsAManifestToAnother) {
  const auto base = of({file("a"), file("b/x"), file("b/y"), file("z")});
  expect_round_trip(base, base);
  expect_round_trip(base, of({file("a", "other"), file("b/y"), file("b/y.new"), file("c/d"), file("z")}));
  expect_round_trip(base, of({}));
  expect_round_trip(of({}), base);
  expect_round_trip(base, of({file("0"), file("zz")}));
  expect_round_trip(of({file("a")}), of({file("a/b")}));  // a file becomes a folder
}

TEST(ManifestChange, HoldsOnlyWhatChanged) {
  const auto base = of({file("a"), file("b"), file("c")});
  const auto change = ManifestChange::between(base, of({file("a"), file("b", "other"), file("d")}));
  EXPECT_EQ(change.base, base.digest());
  EXPECT_EQ(change.gone, std::vector<std::string>{"c"});
  ASSERT_EQ(change.put.size(), 2U);
  EXPECT_EQ(change.put[0].path, "b");
  EXPECT_EQ(change.put[1].path, "d");
}

TEST(ManifestChange, FitsItsBaseOnly) {
  const auto base = of({file("a"), file("b")});
  auto change = ManifestChange::between(base, of({file("a")}));
  EXPECT_EQ(change.apply(of({file("a")})).error().code, Code::invalid);
  change.gone = {"nobody"};
  EXPECT_EQ(change.apply(base).error().code, Code::invalid);
  change.gone.clear();
  change.put = {file("a/b")};  // beneath a file
  EXPECT_EQ(change.apply(base).error().code, Code::invalid);
  change.put = {file("../b")};
  EXPECT_EQ(change.apply(base).error().code, Code::invalid);
}

TEST(ManifestChange, RefusesAnotherSpelling) {
  const auto text = ManifestChange::between(of({file("a"), file("b")}), of({file("c"), file("d")})).json();
  ASSERT_TRUE(ManifestChange::parse(text));
  EXPECT_TRUE(ManifestChange::begins(text));
  EXPECT_FALSE(ManifestChange::begins(of({}).json()));
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(ManifestChange::parse(text.substr(0, i))) << i;
    EXPECT_FALSE(ManifestChange::parse(text.substr(0, i) + "\n" + text.substr(i))) << i;
  }
  EXPECT_FALSE(ManifestChange::parse(text + "\n"));
}

}  // namespace
}  // namespace deployctl::model
