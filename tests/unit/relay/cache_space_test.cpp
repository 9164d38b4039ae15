// What a relay's chunk cache keeps and what it lets go, on a real folder.
#include "agents/relay/cache/cache_space.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <map>

#include "agents/relay/cache/chunk_file.hpp"
#include "agents/relay/cache/recent_chunks.hpp"
#include "core/io/files.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using relay::CacheLimits;
using relay::ChunkFile;

namespace {

constexpr std::size_t length = 64 * 1024;

payload::Index index_of(std::uint8_t fill, const Bytes** bytes = nullptr) {
  static std::map<std::uint8_t, Bytes> all;
  all[fill] = Bytes(length, fill);
  if (bytes) *bytes = &all[fill];
  return payload::Index{{length, length}, {sha256(all[fill]), sha256(all[fill])}};
}

// A payload of two chunks, last used so many hours ago; its path.
std::string keep(const std::string& folder, std::uint8_t fill, int hours_ago) {
  const Bytes* bytes = nullptr;
  const auto index = index_of(fill, &bytes);
  const auto file = ChunkFile::open(folder, index, ChunkFile::Missing::make).value();
  for (const std::uint32_t number : {0u, 1u}) EXPECT_TRUE(file->write(number, *bytes));
  const timespec then{::time(nullptr) - hours_ago * 3600, 0};
  const timespec times[2] = {then, then};
  ::utimensat(AT_FDCWD, file->path().c_str(), times, 0);
  return file->path();
}

}  // namespace

TEST(CacheSpace, RemovesWhatNobodyUsedForLong) {
  TempDir dir;
  const auto old = keep(dir.path(), 1, 200), recent = keep(dir.path(), 2, 100);
  ASSERT_TRUE(relay::make_room(dir.path(), CacheLimits{}, 0));
  EXPECT_FALSE(io::exists(old));
  EXPECT_TRUE(io::exists(recent));
}

TEST(CacheSpace, RemovesTheLeastRecentlyUsedUntilTheNewOneFits) {
  TempDir dir;
  const auto third = keep(dir.path(), 3, 1), first = keep(dir.path(), 1, 3), second = keep(dir.path(), 2, 2);
  const CacheLimits limits{6 * length, std::chrono::hours(100)};
  ASSERT_TRUE(relay::make_room(dir.path(), limits, 3 * length));
  EXPECT_FALSE(io::exists(first));
  EXPECT_FALSE(io::exists(second));
  EXPECT_TRUE(io::exists(third));
}

TEST(CacheSpace, NeverRemovesOneInUse) {
  TempDir dir;
  const auto path = keep(dir.path(), 1, 500);
  {
    const auto in_use = ChunkFile::open(dir.path(), index_of(1), ChunkFile::Missing::is_an_error);
    ASSERT_TRUE(in_use);
    const timespec then[2] = {{1000, 0}, {1000, 0}};
    ::utimensat(AT_FDCWD, path.c_str(), then, 0);
    ASSERT_TRUE(relay::make_room(dir.path(), CacheLimits{}, 0));
    EXPECT_TRUE(io::exists(path));
  }
  ASSERT_TRUE(relay::make_room(dir.path(), CacheLimits{}, 0));
  EXPECT_FALSE(io::exists(path));
}

TEST(CacheSpace, LeavesWhatIsNotItsOwn) {
  TempDir dir;
  const auto other = dir.write("notes.txt", "mine");
  ASSERT_EQ(::symlink(other.c_str(), (dir / "x.chunks").c_str()), 0);
  ASSERT_TRUE(relay::make_room(dir.path(), CacheLimits{0, Duration(0)}, 0));
  EXPECT_TRUE(io::exists(other));
  EXPECT_TRUE(io::exists(dir / "x.chunks"));
}

TEST(CacheSpace, MoreThanTheDiskHasIsNoSpaceInWords) {
  TempDir dir;
  const auto kept = keep(dir.path(), 1, 1);
  const auto room = relay::make_room(dir.path(), CacheLimits{}, std::uint64_t{1} << 60);
  ASSERT_FALSE(room);
  EXPECT_EQ(room.error().code, Code::no_space);
  EXPECT_NE(room.error().text().find("the relay's chunk cache"), std::string::npos);
  EXPECT_FALSE(io::exists(kept));  // all was tried
}

TEST(ChunkFile, IsOpenedAsItWasLeft) {
  TempDir dir;
  const Bytes* bytes = nullptr;
  const auto index = index_of(7, &bytes);
  EXPECT_EQ(ChunkFile::open(dir.path(), index, ChunkFile::Missing::is_an_error).error().code, Code::not_found);
  {
    const auto file = ChunkFile::open(dir.path(), index, ChunkFile::Missing::make).value();
    EXPECT_EQ(file->read(1).error().code, Code::verification);  // a hole
    EXPECT_TRUE(file->write(1, *bytes));
    EXPECT_EQ(file->write(0, Bytes(length, 8)).error().code, Code::verification);
    EXPECT_EQ(file->write(0, Bytes(3, 7)).error().code, Code::verification);
  }
  const auto file = ChunkFile::open(dir.path(), index, ChunkFile::Missing::is_an_error).value();
  EXPECT_EQ(file->marked(), (std::vector<bool>{false, true}));
  EXPECT_EQ(file->read(1).value(), *bytes);
}

TEST(ChunkFile, NeverFollowsALink) {
  TempDir dir;
  const auto index = index_of(7);
  const auto victim = dir.write("victim", "precious");
  ASSERT_EQ(::symlink(victim.c_str(), (dir / (index.digest().hex() + ".chunks")).c_str()), 0);
  EXPECT_FALSE(ChunkFile::open(dir.path(), index, ChunkFile::Missing::make));
  EXPECT_EQ(read_text(victim), "precious");
}

TEST(RecentChunks, HoldNoMoreThanTheirShareOfMemory) {
  relay::RecentChunks recent(10);
  const Digest payload = sha256("p");
  for (std::uint32_t i = 0; i < 5; ++i) recent.put(payload, i, Bytes(4, static_cast<std::uint8_t>(i)));
  EXPECT_LE(recent.held(), 10u);
  EXPECT_FALSE(recent.find(payload, 2));
  EXPECT_EQ(recent.find(payload, 4), Bytes(4, 4));
  EXPECT_FALSE(recent.find(sha256("q"), 4));
}
