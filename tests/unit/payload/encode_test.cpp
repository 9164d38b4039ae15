#include "core/payload/encode/encode.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/payload/encode/base_files.hpp"
#include "core/payload/encode/chunk_writer.hpp"
#include "core/payload/encode/pairing.hpp"
#include "core/payload/format/stream_format.hpp"
#include "tests/unit/payload/trees.hpp"

namespace deployctl::payload {
namespace {

TEST(Encode, CutsChunksThatGrowAndWritesTheirIndex) {
  Contents contents;
  const testing::TempDir dir;
  const auto next = contents.add({{"dense", noise(9 * max_chunk + 5000, 1)}});
  const auto index = encode(next, nullptr, contents.open(), dir / "p");
  ASSERT_TRUE(index) << index.error().text();
  const auto payload = testing::read_text(dir / "p");
  ASSERT_EQ(payload.size(), index->total());
  std::size_t at = 0;
  for (unsigned i = 0; i < index->count(); ++i) {
    if (i + 1 < index->count()) {
      EXPECT_EQ(index->lengths[i], chunk_size_after(at)) << i;
    }
    EXPECT_EQ(sha256(std::string_view(payload).substr(at, index->lengths[i])), index->digests[i]) << i;
    at += index->lengths[i];
  }
  EXPECT_EQ(read_index(dir / "p").value(), *index);
  EXPECT_EQ(io::list_dir(dir.path()).value(), (std::vector<std::string>{"p", "p.index"}));
}

TEST(ChunkSize, IsSmallAtFirstAndASmallPartOfWhatWentBefore) {
  EXPECT_EQ(chunk_size_after(0), 64u * 1024);
  EXPECT_EQ(chunk_size_after(64 * max_chunk), 128u * 1024);
  EXPECT_EQ(chunk_size_after(512 * max_chunk), max_chunk);
  EXPECT_EQ(chunk_size_after(4096 * max_chunk), max_chunk);
}

TEST(Encode, IsDeterministic) {
  Contents contents;
  const Files old{{"a", noise(400 * 1024, 1)}, {"b", words(100, 1)}};
  const Files files{{"a", old.at("a") + "x"}, {"b", words(120, 1)}, {"c", words(300 * 1024, 2)}};
  const auto base = contents.add(old), next = contents.add(files);
  const auto once = encoded(next, &base, contents);
  EXPECT_FALSE(once.empty());
  EXPECT_TRUE(once == encoded(next, &base, contents));
}

TEST(Encode, GivesTheSameBytesWhateverTheThreads) {
  Contents contents;
  const testing::TempDir dir;
  const auto before = words(5 * 1024 * 1024, 1);
  Files old{{"large", before}}, files{{"large", before.substr(700) + noise(9000, 1)}, {"dense", noise(400000, 2)}};
  for (unsigned i = 0; i < 20; ++i) {
    old["f" + std::to_string(i)] = words(300 * 1024, i);
    files["f" + std::to_string(i)] = "x" + words(300 * 1024, i);
  }
  const auto base = contents.add(old), next = contents.add(files);
  for (const unsigned threads : {1, 2, 7}) {
    EncodeOptions options;
    options.threads = threads;
    ASSERT_TRUE(encode(next, &base, contents.open(), dir / std::to_string(threads), options));
  }
  EXPECT_TRUE(testing::read_text(dir / "1") == testing::read_text(dir / "2"));
  EXPECT_TRUE(testing::read_text(dir / "1") == testing::read_text(dir / "7"));
}

TEST(Encode, RefusesAStoreThatIsNotWhatItSaysAndLeavesNothing) {
  Contents contents;
  const testing::TempDir dir;
  for (const std::size_t size : {1000, 300 * 1024}) {  // in a pack, and alone
    const auto bytes = noise(size, 1);
    const auto next = contents.add({{"lib/a", bytes}});
    for (const auto& bad : {bytes.substr(1), bytes + "x", std::string(size, 'x')}) {
      ASSERT_TRUE(io::write_file(contents.path(bytes), bad));
      const auto index = encode(next, nullptr, contents.open(), dir / "p");
      ASSERT_FALSE(index);
      EXPECT_EQ(index.error().code, Code::verification);
      EXPECT_NE(index.error().text().find("lib/a"), std::string::npos);
    }
    ASSERT_TRUE(io::remove_file(contents.path(bytes)));
    const auto index = encode(next, nullptr, contents.open(), dir / "p");
    ASSERT_FALSE(index);
    EXPECT_EQ(index.error().code, Code::not_found);
    EXPECT_NE(index.error().text().find("lib/a"), std::string::npos);
  }
  EXPECT_TRUE(io::list_dir(dir.path()).value().empty());
}

TEST(Encode, StopsWhenCancelledAndLeavesNothing) {
  Contents contents;
  const testing::TempDir dir;
  Files files;
  for (unsigned i = 0; i < 20; ++i) files["f" + std::to_string(i)] = noise(300 * 1024, i);
  const auto next = contents.add(files);
  EncodeOptions options;
  unsigned opened = 0;
  const OpenContent open = [&](const Digest& content) {
    if (++opened == 5) options.cancel.cancel();
    return contents.open()(content);
  };
  const auto index = encode(next, nullptr, open, dir / "p", options);
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().code, Code::cancelled);
  EXPECT_EQ(opened, 5u);
  EXPECT_TRUE(io::list_dir(dir.path()).value().empty());
}

TEST(Encode, ReplacesAnOlderPayload) {
  Contents contents;
  const testing::TempDir dir;
  const auto first = contents.add({{"a", "1"}}), second = contents.add({{"a", "22"}, {"b", "3"}});
  ASSERT_TRUE(encode(first, nullptr, contents.open(), dir / "p"));
  const auto index = encode(second, nullptr, contents.open(), dir / "p");
  ASSERT_TRUE(index);
  EXPECT_EQ(read_index(dir / "p").value(), *index);
}

bool write_proc(const std::string& path, const std::string& text) {
  const auto fd = io::open_fd(path, O_WRONLY);
  return fd && io::write_all(fd->get(), as_bytes(text));
}

// In a child with a small file system of its own, so that no privilege is needed.
int encode_on_a_full_disk(const model::Manifest& next, const Contents& contents, const std::string& dir) {
  const auto uid = std::to_string(::getuid()), gid = std::to_string(::getgid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return 77;
  if (!write_proc("/proc/self/setgroups", "deny") || !write_proc("/proc/self/uid_map", "0 " + uid + " 1") ||
      !write_proc("/proc/self/gid_map", "0 " + gid + " 1"))
    return 77;
  if (::mount("none", dir.c_str(), "tmpfs", 0, "size=600k") != 0) return 77;
  const auto index = encode(next, nullptr, contents.open(), dir + "/p");
  if (index) return 1;
  if (index.error().code != Code::no_space) return 2;
  return io::list_dir(dir).value().empty() ? 0 : 3;
}

TEST(Encode, LeavesNothingOnAFullDisk) {
  Contents contents;
  const testing::TempDir dir;
  const auto next = contents.add({{"a", noise(3 * max_chunk, 1)}});
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(encode_on_a_full_disk(next, contents, dir.path()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no user namespaces here";
  EXPECT_EQ(WEXITSTATUS(status), 0) << "1: it succeeded, 2: another error, 3: something is left";
}

// ---- the index
// ---------------------------------------------------------------------------------------------------------------

class ReadIndex : public ::testing::Test {
 protected:
  Contents contents;
  testing::TempDir dir;
  std::string path = dir / "p";
  void SetUp() override {
    const auto next = contents.add({{"a", noise(2 * max_chunk, 1)}});
    ASSERT_TRUE(encode(next, nullptr, contents.open(), path));
  }
  void absent() {
    const auto index = read_index(path);
    ASSERT_FALSE(index);
    EXPECT_EQ(index.error().code, Code::not_found) << index.error().text();
  }
};

TEST_F(ReadIndex, IsAbsentWithoutIndexOrPayload) {
  ASSERT_TRUE(io::remove_file(path));
  absent();
  ASSERT_TRUE(io::write_file(path, "short"));
  absent();
  ASSERT_TRUE(io::remove_file(path + ".index"));
  absent();
}

TEST_F(ReadIndex, IsAbsentWhenAnyByteOfItIsOther) {
  const auto text = testing::read_text(path + ".index");
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string bad = text;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    ASSERT_TRUE(io::write_file(path + ".index", bad));
    absent();
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{10}, text.size() - 1}) {
    ASSERT_TRUE(io::write_file(path + ".index", text.substr(0, length)));
    absent();
  }
}

// ---- pairing
// -----------------------------------------------------------------------------------------------------------------

model::Entry file(std::string path, std::string_view bytes) {
  return {std::move(path), model::EntryType::file, 0644, bytes.size(), sha256(bytes), {}};
}

TEST(Pairing, PrefersThePathThenTheNameNearestInSize) {
  const auto base = model::Manifest::make({file("a/x", "old-x"), file("b/x", "a longer x"),
                                           file("c/x", "an x still longer"), file("none", "")})
                        .value();
  const auto next =
      model::Manifest::make({file("a/x", "new-x"), file("d/x", "longer too"), file("e/x", "much much much longer x"),
                             file("none", "now some"), file("y", "y")})
          .value();
  const auto items = contents_to_send(next, &base).value();
  ASSERT_EQ(items.size(), 5u);
  EXPECT_EQ(items[0].old->content, sha256("old-x"));
  EXPECT_EQ(items[1].old->content, sha256("a longer x"));
  EXPECT_EQ(items[2].old->content, sha256("an x still longer"));
  EXPECT_FALSE(items[3].old);  // of an empty file nothing can be said
  EXPECT_FALSE(items[4].old);
}

TEST(Pairing, TakesTheRegionThatCorresponds) {
  const std::uint64_t gib = 1 << 30;
  const BaseFile old{sha256("x"), gib};
  EXPECT_EQ(region_beside(old, 2 * gib, 4).offset, 0u);
  EXPECT_EQ(region_beside(old, 2 * gib, gib).offset, gib / 2 - max_prefix / 2);
  EXPECT_EQ(region_beside(old, 2 * gib, 2 * gib - 1).offset, gib - max_prefix);
  const auto small = region_beside({sha256("x"), 10}, 2 * gib, gib);
  EXPECT_EQ(small.offset, 0u);
  EXPECT_EQ(small.length, 10u);
}

}  // namespace
}  // namespace deployctl::payload
