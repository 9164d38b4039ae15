// What is coded already of a payload that is still being made.
#include "core/payload/format/partial_payload.hpp"

#include <gtest/gtest.h>

#include "core/payload/encode/chunk_writer.hpp"
#include "core/payload/encode/encode.hpp"
#include "tests/support/run_async.hpp"
#include "tests/unit/payload/trees.hpp"

namespace deployctl::payload {
namespace {

std::string text_of(ChunkSource& piece) {
  std::string text;
  for (std::uint32_t i = 0; i < piece.index().count(); ++i) {
    const auto bytes = testing::run_async(piece.read(i));
    EXPECT_TRUE(bytes) << (bytes ? "" : bytes.error().text());
    if (bytes) text.append(bytes->begin(), bytes->end());
  }
  return text;
}

TEST(Growing, GivesWhatIsThereInPiecesThatMakeTheWhole) {
  const testing::TempDir dir;
  const auto growing = std::make_shared<PartialPayload>();
  EXPECT_FALSE(growing->piece(0, 0)) << "nothing has begun";
  auto writer = ChunkWriter::create(dir / "p", growing);
  ASSERT_TRUE(writer);
  const std::string first = noise(2'000'000, 1), second = noise(1'500'000, 2);
  ASSERT_TRUE(writer->write(as_bytes(first)));
  EXPECT_FALSE(growing->piece(0, 3'000'000));
  const auto begins = growing->piece(0, 1'000'000);
  ASSERT_TRUE(begins);
  EXPECT_FALSE(growing->piece(begins->index().count(), 1)) << "the rest is no whole chunk yet";
  EXPECT_EQ(text_of(*begins), first.substr(0, begins->index().total()));
  ASSERT_TRUE(writer->write(as_bytes(second)));
  const auto index = writer->commit();
  ASSERT_TRUE(index);
  const auto ends = growing->piece(begins->index().count(), 1);
  ASSERT_TRUE(ends);
  EXPECT_EQ(text_of(*begins) + text_of(*ends), first + second) << "the file has its own name by now";
  auto digests = begins->index().digests;
  digests.insert(digests.end(), ends->index().digests.begin(), ends->index().digests.end());
  EXPECT_EQ(digests, index->digests);
}

TEST(Growing, IsToldByTheEncoder) {
  Contents contents;
  const testing::TempDir dir;
  const auto next = contents.add({{"dense", noise(3 * max_chunk, 1)}});
  EncodeOptions options;
  options.growing = std::make_shared<PartialPayload>();
  const auto index = encode(next, nullptr, contents.open(), dir / "p", options);
  ASSERT_TRUE(index);
  const auto whole = options.growing->piece(0, max_chunk);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->index(), *index);
}

}  // namespace
}  // namespace deployctl::payload
