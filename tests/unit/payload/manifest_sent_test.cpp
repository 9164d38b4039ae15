// A payload's manifest goes as what changes the base's, where that is shorter.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/unit/payload/trees.hpp"

namespace deployctl::payload {
namespace {

class ChangedManifest : public ::testing::Test {
 protected:
  ChangedManifest() {
    Files files;
    for (int i = 0; i < 200; ++i) files["folder/file" + std::to_string(i)] = words(20, i);
    base = contents.add(files);
    files["folder/file7"] = "changed";
    files.erase("folder/file8");
    files["new/one"] = "new";
    next = contents.add(files);
    payload = encoded(next, &base, contents);
  }

  Status decoded(std::string_view bytes, const model::Manifest* base_manifest, Kept&& kept = {}) {
    auto status = decode(as_bytes(bytes), next.digest(), contents.open(), kept, max_chunk, base_manifest);
    EXPECT_EQ(kept.broken_promises, 0U);
    if (status) {
      EXPECT_EQ(kept.manifest->json(), next.json());
      EXPECT_EQ(kept.given.size(), 2U);
    }
    return status;
  }

  Contents contents;
  model::Manifest base, next;
  std::string payload;
};

TEST_F(ChangedManifest, IsAsLongAsTheChange) {
  EXPECT_TRUE(decoded(payload, &base));
  EXPECT_LT(payload.size(), encoded(next, nullptr, contents).size() / 8);
}

TEST_F(ChangedManifest, NeedsTheBasesManifest) {
  for (const auto* wrong : {static_cast<const model::Manifest*>(nullptr), static_cast<const model::Manifest*>(&next)}) {
    const auto status = decoded(payload, wrong);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Code::not_found);
    EXPECT_TRUE(status.error().message.starts_with("base")) << status.error().text();
  }
}

TEST_F(ChangedManifest, IsRefusedWithAnyByteChanged) {
  for (std::size_t at = 12; at < payload.size(); ++at) {
    std::string bad = payload;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EXPECT_FALSE(decoded(bad, &base)) << at;
  }
}

TEST_F(ChangedManifest, GoldenPayloadOfVersionFourIsRead) {
  const std::string golden = std::string(TEST_SOURCE_DIR) + "/tests/golden/payload-v4/changed-manifest";
  if (std::getenv("DEPLOYCTL_RECORD_GOLDEN")) {
    ASSERT_TRUE(io::make_dirs(io::parent_dir(golden)));
    ASSERT_TRUE(io::write_file(golden, payload));
  }
  const auto status = decoded(testing::read_text(golden), &base);
  EXPECT_TRUE(status) << status.error().text();
}

TEST(WholeManifest, IsSentWhereTheChangeIsNoShorter) {
  Contents contents;
  const auto base = contents.add({{"a", "1"}, {"b", "2"}}), next = contents.add({{"c", "3"}, {"d", "4"}});
  Kept kept;
  EXPECT_TRUE(decode(as_bytes(encoded(next, &base, contents)), next.digest(), contents.open(), kept));
}

}  // namespace
}  // namespace deployctl::payload
