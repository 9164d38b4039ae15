#include <gtest/gtest.h>

#include "tests/unit/payload/trees.hpp"

namespace deployctl::payload {
namespace {

// The payload from base to next, decoded against the base: what it gave, and that with the base it is the
// whole tree.
std::map<Digest, std::string> carried(const Files& files, const Files* old, std::size_t* size = nullptr,
                                      std::size_t piece = max_chunk) {
  Contents contents;
  const auto next = contents.add(files);
  std::optional<model::Manifest> base;
  if (old) base = contents.add(*old);
  const std::string payload = encoded(next, base ? &*base : nullptr, contents);
  if (size) *size = payload.size();
  Kept kept;
  const auto status = decode(as_bytes(payload), next.digest(), old ? contents.open() : OpenContent{}, kept, piece,
                             base ? &*base : nullptr);
  EXPECT_TRUE(status) << status.error().text();
  EXPECT_EQ(kept.broken_promises, 0u);
  EXPECT_TRUE(kept.manifest && kept.manifest->entries() == next.entries());
  std::set<Digest> in_base;
  if (old)
    for (const auto& [path, bytes] : *old) in_base.insert(sha256(bytes));
  for (const auto& [path, bytes] : files) {
    const Digest content = sha256(bytes);
    EXPECT_NE(kept.given.contains(content), in_base.contains(content)) << path;
    if (!in_base.contains(content)) {
      EXPECT_TRUE(kept.given[content] == bytes) << path;
    }
  }
  return kept.given;
}

TEST(Payload, CarriesAnEmptyTree) { EXPECT_TRUE(carried({}, nullptr).empty()); }

TEST(Payload, CarriesLinksAndFoldersInTheManifestAlone) {
  Contents contents;
  const auto next = contents.add(
      {}, {{"a/link", model::EntryType::link, 0777, 0, {}, "../b"}, {"b", model::EntryType::folder, 0755, 0, {}, {}}});
  Kept kept;
  ASSERT_TRUE(decode(as_bytes(encoded(next, nullptr, contents)), next.digest(), {}, kept));
  EXPECT_EQ(kept.manifest->find("a/link")->link, "../b");
  EXPECT_TRUE(kept.given.empty());
}

TEST(Payload, CarriesFilesOfAllSizesAtTheirEdges) {
  Files files;
  unsigned seed = 0;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{256 * 1024 - 1}, std::size_t{256 * 1024},
                                 std::size_t{256 * 1024 + 1}, max_chunk, max_chunk + 1})
    for (const bool dense : {false, true})
      files["f" + std::to_string(size) + (dense ? "d" : "w")] = dense ? noise(size, ++seed) : words(size, ++seed);
  EXPECT_EQ(carried(files, nullptr).size(), 2 * 7 - 1u);  // the empty one is one
}

TEST(Payload, CarriesFiveThousandSmallFilesInFewBytes) {
  Files files;
  std::size_t plain = 0;
  for (unsigned i = 0; i < 5000; ++i) {
    auto& bytes = files["src/d" + std::to_string(i % 50) + "/f" + std::to_string(i)];
    bytes = words(i % 700, i) + std::to_string(i);
    plain += bytes.size();
  }
  std::size_t size = 0;
  EXPECT_EQ(carried(files, nullptr, &size).size(), 5000u);
  EXPECT_LT(size, plain);  // the digests of 5,000 contents and all
}

TEST(Payload, CarriesAFileOverSeveralWindows) {
  std::string big = noise(5 * 1024 * 1024, 1);
  big.resize(40 * 1024 * 1024 + 17, 'x');
  std::size_t size = 0;
  EXPECT_EQ(carried({{"big", big}, {"small", "s"}, {"zero", ""}}, nullptr, &size).size(), 3u);
  EXPECT_LT(size, 6u * 1024 * 1024);
}

TEST(Payload, IsReadWhateverTheCutOfItsBytes) {
  const Files files{{"a", words(3000, 1)}, {"b", noise(500, 2)}, {"c", ""}};
  for (const std::size_t piece : {1, 2, 7, 100, 4096}) carried(files, nullptr, nullptr, piece);
}

TEST(Payload, GoesByReferenceForWhatTheBaseHas) {
  const std::string same = noise(3 * 1024 * 1024, 1);
  const Files old{{"lib/a", same}, {"b", "old"}};
  std::size_t size = 0;
  EXPECT_EQ(carried({{"moved/elsewhere", same}, {"b", "new"}}, &old, &size).size(), 1u);
  EXPECT_LT(size, 2000u);
}

TEST(Payload, OfTheTreeThatIsThereCarriesNothing) {
  const Files files{{"a", "1"}, {"b", noise(100000, 3)}};
  EXPECT_TRUE(carried(files, &files).empty());
}

TEST(Payload, CarriesAContentAtSeveralPathsOnce) {
  const std::string bytes = noise(600 * 1024, 4);
  std::size_t size = 0;
  EXPECT_EQ(carried({{"a", bytes}, {"b", bytes}, {"c/d", bytes}}, nullptr, &size).size(), 1u);
  EXPECT_LT(size, 700u * 1024);
}

TEST(Payload, OfAChangedLargeFileIsMuchSmallerWithItsOldSelf) {
  const std::string before = noise(20 * 1024 * 1024, 5);
  std::string after = before;
  after.insert(1000, "some bytes more, so that all the rest has moved");
  for (std::size_t at = 5000; at < after.size(); at += 1024 * 1024) after[at] ^= 1;
  const Files old{{"bin/server", before}};
  std::size_t alone = 0, beside = 0;
  carried({{"bin/server", after}}, nullptr, &alone);
  carried({{"bin/server", after}}, &old, &beside);
  EXPECT_GT(alone, after.size());
  EXPECT_LT(beside, alone / 100);
}

TEST(Payload, OfChangedSmallFilesIsMuchSmallerWithTheirOldSelves) {
  Files old, files;
  for (unsigned i = 0; i < 300; ++i) {
    const auto path = "etc/" + std::to_string(i);
    old[path] = noise(4000, 1000 + i);
    files[path] = old[path] + "changed";
  }
  std::size_t alone = 0, beside = 0;
  carried(files, nullptr, &alone);
  carried(files, &old, &beside);
  EXPECT_LT(beside, alone / 10);
}

TEST(Payload, FindsAnOldSelfByNameWhereTheFolderIsAnother) {
  const std::string before = noise(400 * 1024, 6);
  const Files old{{"app-1.2/lib/core.so", before}, {"app-1.2/test/core.so", "tiny"}};
  std::size_t size = 0;
  carried({{"app-1.3/lib/core.so", before + "!"}}, &old, &size);
  EXPECT_LT(size, 10u * 1024);
}

TEST(Payload, DoesWithoutAnOldSelfThatTheStoreLacksOrThatIsDamaged) {
  const std::string before = noise(400 * 1024, 7), after = before + "!";
  for (const bool gone : {true, false}) {
    Contents contents;
    const auto base = contents.add({{"a", before}});
    const auto next = contents.add({{"a", after}});
    if (gone) {
      ASSERT_TRUE(io::remove_file(contents.path(before)));
    } else {
      ASSERT_TRUE(io::write_file(contents.path(before), std::string(before.size(), 'x')));
    }
    const auto payload = encoded(next, &base, contents);
    Kept kept;
    ASSERT_TRUE(decode(as_bytes(payload), next.digest(), {}, kept));  // no base is asked for
    EXPECT_EQ(kept.given[sha256(after)], after);
  }
}

}  // namespace
}  // namespace deployctl::payload
