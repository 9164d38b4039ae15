#include "core/payload/format/file_source.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <numeric>

#include "tests/support/run_async.hpp"
#include "tests/unit/payload/trees.hpp"

namespace deployctl::payload {
namespace {

class FileSource : public ::testing::Test {
 protected:
  Contents contents;
  testing::TempDir dir;
  std::string path = dir / "p";
  Index index;
  void SetUp() override {
    const auto next = contents.add({{"a", noise(2 * max_chunk, 1)}});
    index = encode(next, nullptr, contents.open(), path).value();
  }
  std::size_t at(std::uint32_t number) const {
    return std::accumulate(index.lengths.begin(), index.lengths.begin() + number, std::size_t{0});
  }
  Result<Bytes> read(std::uint32_t number) {
    const auto source = open_file_source(path, index).value();
    return testing::run_async(source->read(number));
  }
};

TEST_F(FileSource, GivesChunksInAnyOrder) {
  const auto whole = testing::read_text(path);
  for (const std::uint32_t number : {2, 0, 1}) {
    const auto chunk = read(number);
    ASSERT_TRUE(chunk) << chunk.error().text();
    EXPECT_TRUE(as_text(*chunk) == std::string_view(whole).substr(at(number), index.lengths[number]));
  }
}

TEST_F(FileSource, RefusesANumberBeyondTheEnd) {
  EXPECT_EQ(read(index.count()).error().code, Code::invalid);
  EXPECT_EQ(read(0xffffffff).error().code, Code::invalid);
}

TEST_F(FileSource, SaysWhichChunkIsDamaged) {
  auto whole = testing::read_text(path);
  whole[at(1) + 5] ^= 1;
  ASSERT_TRUE(io::write_file(path, whole));
  EXPECT_TRUE(read(0));
  const auto bad = read(1);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Code::verification);
  EXPECT_EQ(bad.error().message, "chunk 1 of " + path + " is not what its index says");
}

TEST_F(FileSource, RefusesAFileOfAnotherLength) {
  auto whole = testing::read_text(path);
  ASSERT_TRUE(io::write_file(path, whole + "x"));
  EXPECT_EQ(open_file_source(path, index).error().code, Code::verification);
  ASSERT_TRUE(io::remove_file(path));
  EXPECT_EQ(open_file_source(path, index).error().code, Code::not_found);
}

TEST_F(FileSource, SaysThatAFileCutWhileOpenIsDamaged) {
  const auto source = open_file_source(path, index).value();
  ASSERT_EQ(::truncate(path.c_str(), static_cast<off_t>(at(1) + 10)), 0);
  EXPECT_TRUE(testing::run_async(source->read(0)));
  EXPECT_EQ(testing::run_async(source->read(1)).error().code, Code::verification);
}

}  // namespace
}  // namespace deployctl::payload
