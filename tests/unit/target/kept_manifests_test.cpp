#include "agents/target/slot/kept_manifests.hpp"

#include <filesystem>
#include <fstream>

#include "agents/target/slot/tree_check.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/files.hpp"
#include "core/model/manifest_change.hpp"
#include "tests/unit/target/releases.hpp"

using namespace deployctl;
using namespace deployctl::target;
using deployctl::testing::Tree;

namespace {

// Five hundred files, of which the first `n` say what this version says.
model::Manifest version(int number, int n = 5) {
  Tree tree;
  for (int i = 0; i < 500; ++i) tree.files["folder/file" + std::to_string(i)] = {"as ever"};
  for (int i = 0; i < n; ++i) tree.files["folder/file" + std::to_string(i)] = {"version " + std::to_string(number)};
  return tree.manifest();
}

struct KeptManifests : deployctl::testing::SlotFixture {
  std::string file(const model::Manifest& manifest) const {
    return slot.state("manifests/" + manifest.digest().hex() + ".json");
  }
  std::uintmax_t size(const model::Manifest& manifest) const { return std::filesystem::file_size(file(manifest)); }
  std::size_t count() const { return io::list_dir(slot.state("manifests"))->size(); }
  void expect_kept(const model::Manifest& manifest) {
    const auto kept = kept_manifest(slot, manifest.digest());
    ASSERT_TRUE(kept) << kept.error().text();
    EXPECT_EQ(kept->json(), manifest.json());
  }
};

TEST_F(KeptManifests, AreAsLongAsWhatChanged) {
  const auto one = version(1), two = version(2);
  ASSERT_TRUE(keep_manifest(slot, one, nullptr));
  ASSERT_TRUE(keep_manifest(slot, two, &one));
  EXPECT_EQ(size(one), one.json().size());
  EXPECT_LT(size(two), size(one) / 20);
  expect_kept(one);
  expect_kept(two);
  ASSERT_TRUE(keep_manifest(slot, one, &two));  // back to one that is there: not changed into itself
  expect_kept(one);
  expect_kept(two);
}

TEST_F(KeptManifests, AreWholeAgainNowAndThen) {
  auto before = version(0);
  ASSERT_TRUE(keep_manifest(slot, before, nullptr));
  std::uintmax_t bytes = size(before);
  int whole = 0;
  for (int number = 1; number <= 100; ++number) {
    const auto next = version(number, 1 + number % 7);
    ASSERT_TRUE(keep_manifest(slot, next, &before));
    expect_kept(next);
    whole += size(next) == next.json().size();
    bytes += size(next);
    before = next;
  }
  EXPECT_GE(whole, 3);  // every 33rd at the latest
  EXPECT_LE(whole, 6);
  EXPECT_LT(bytes, 12 * before.json().size());
}

TEST_F(KeptManifests, OneThatAnotherIsChangedFromStaysUntilThatGoes) {
  const auto one = version(1), two = version(2), three = version(3);
  ASSERT_TRUE(keep_manifest(slot, one, nullptr));
  ASSERT_TRUE(keep_manifest(slot, two, &one));
  ASSERT_TRUE(keep_manifest(slot, three, &one));
  std::ofstream(slot.state("manifests/.left.tmp-1")) << "of a crash";
  ASSERT_TRUE(forget_manifests(slot, {two.digest(), sha256("never kept")}));
  EXPECT_EQ(count(), 2U);
  expect_kept(two);
  EXPECT_EQ(kept_manifest(slot, three.digest()).error().code, Code::not_found);
  ASSERT_TRUE(forget_manifests(slot, {}));
  EXPECT_EQ(count(), 0U);
}

TEST_F(KeptManifests, AreWhatTheirNamesSay) {
  const auto one = version(1), two = version(2), three = version(3);
  ASSERT_TRUE(keep_manifest(slot, one, nullptr));
  ASSERT_TRUE(keep_manifest(slot, two, &one));
  std::filesystem::copy_file(file(two), file(three));
  EXPECT_EQ(kept_manifest(slot, three.digest()).error().code, Code::verification);
  ASSERT_TRUE(keep_manifest(slot, three, &two));  // put right by the next who knows better
  expect_kept(three);
}

// A change of a change of itself would be read for ever.
TEST_F(KeptManifests, ThatGoRoundInACircleAreRefused) {
  const auto one = version(1), two = version(2);
  ASSERT_TRUE(keep_manifest(slot, one, nullptr));
  ASSERT_TRUE(keep_manifest(slot, two, &one));
  std::filesystem::remove(file(one));
  ASSERT_TRUE(io::write_file(file(one), model::ManifestChange::between(two, one).json()));
  EXPECT_EQ(kept_manifest(slot, two.digest()).error().code, Code::verification);
  ASSERT_TRUE(keep_manifest(slot, two, &one));
  expect_kept(two);
  expect_kept(one);
}

TEST_F(KeptManifests, WhereOneCantBeReadNothingIsForgotten) {
  const auto one = version(1), two = version(2);
  ASSERT_TRUE(keep_manifest(slot, one, nullptr));
  ASSERT_TRUE(keep_manifest(slot, two, &one));
  ASSERT_TRUE(io::write_file(file(two), R"({"base":"sha256:torn)"));
  ASSERT_TRUE(forget_manifests(slot, {two.digest()}));
  EXPECT_EQ(count(), 2U);
}

TEST_F(KeptManifests, OfAReleaseStagedFromAnotherIsAChange) {
  Tree one, two;
  for (int i = 0; i < 300; ++i) one.files["f" + std::to_string(i)] = {"text " + std::to_string(i)};
  two = one;
  two.files["f7"] = {"other"};
  put(one, "1.0");
  const auto base = Base::of(slot, one.manifest().digest());
  ASSERT_TRUE(base);
  ASSERT_TRUE(stage(slot, two, two.release("2.0"), &*base));
  EXPECT_LT(size(two.manifest()), 1000U);
  EXPECT_TRUE(check_whole(slot, two.release("2.0").folder()));
}

}  // namespace
