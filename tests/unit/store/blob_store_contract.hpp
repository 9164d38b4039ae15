// What every BlobStore promises, as tests: a backend instantiates them with a way to open itself in a scratch
// folder.
//
//   INSTANTIATE_TEST_SUITE_P(Local, BlobStoreContract, testing::Values(StoreMaker{"local", open_it}));
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "core/io/files.hpp"
#include "core/store/blob_store.hpp"
#include "tests/support/temp_dir.hpp"

namespace deployctl::store {

struct StoreMaker {
  std::string name;
  std::shared_ptr<BlobStore> (*open)(const testing::TempDir& dir);  // again on the same folder: the same blobs
};
inline void PrintTo(const StoreMaker& maker, std::ostream* out) { *out << maker.name; }

class BlobStoreContract : public ::testing::TestWithParam<StoreMaker> {
 protected:
  std::shared_ptr<BlobStore> open_again() { return GetParam().open(dir_); }
  std::string text_of(const Digest& blob) {
    auto fd = store_->open(blob);
    if (!fd) return "<" + fd.error().text() + ">";
    std::string text(1024 * 1024, '\0');
    const auto n = ::read(fd->get(), text.data(), text.size());
    return text.substr(0, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  }
  std::vector<Digest> all() {
    std::vector<Digest> found;
    EXPECT_TRUE(store_->each([&](const Digest& blob, std::uint64_t) -> Status {
      found.push_back(blob);
      return {};
    }));
    std::sort(found.begin(), found.end());
    return found;
  }
  testing::TempDir dir_, files_;
  std::shared_ptr<BlobStore> store_ = GetParam().open(dir_);
};

TEST_P(BlobStoreContract, GivesBackWhatWasPutUnderItsDigest) {
  const auto from_text = store_->put_text("hello");
  const auto from_file = store_->put_file(files_.write("f", "from a file"));
  ASSERT_TRUE(from_text && from_file) << from_file.error().text();
  EXPECT_EQ(*from_text, sha256("hello"));
  EXPECT_EQ(*from_file, sha256("from a file"));
  EXPECT_EQ(store_->get_text(*from_text).value_or("?"), "hello");
  EXPECT_EQ(text_of(*from_file), "from a file");
  EXPECT_TRUE(store_->verify(*from_file));
  EXPECT_EQ(open_again()->get_text(*from_text).value_or("?"), "hello");
}

TEST_P(BlobStoreContract, TakesAnEmptyBlobAndOneOfSeveralBuffers) {
  const std::string big(5 * 1024 * 1024 + 7, 'x');
  const auto empty = store_->put_file(files_.write("empty", ""));
  const auto large = store_->put_file(files_.write("large", big));
  ASSERT_TRUE(empty && large);
  EXPECT_EQ(*empty, sha256(""));
  EXPECT_EQ(store_->get_text(*empty).value_or("?"), "");
  EXPECT_EQ(store_->get_text(*large).value_or("?"), big);
}

TEST_P(BlobStoreContract, AbsentIsNoFailureOfTheStore) {
  const Digest none = sha256("never put");
  EXPECT_FALSE(store_->has(none).value_or(true));
  EXPECT_EQ(store_->open(none).error().code, Code::not_found);
  EXPECT_EQ(store_->get_text(none).error().code, Code::not_found);
  EXPECT_EQ(store_->verify(none).error().code, Code::not_found);
  EXPECT_TRUE(store_->remove(none));
}

TEST_P(BlobStoreContract, NamesTheMissingInTheOrderAsked) {
  const auto here = store_->put_text("here");
  ASSERT_TRUE(here);
  const Digest a = sha256("a"), b = sha256("b");
  EXPECT_EQ(store_->find_missing({b, *here, a}).value_or(std::vector<Digest>{}), (std::vector<Digest>{b, a}));
}

TEST_P(BlobStoreContract, PutsManyFilesAtOnceAndEqualOnesOnce) {
  std::vector<std::string> paths;
  std::vector<Digest> expected;
  for (int i = 0; i < 1100; ++i) {
    const std::string text = "file " + std::to_string(i % 1050);
    paths.push_back(files_.write(std::to_string(i), text));
    expected.push_back(sha256(text));
  }
  const std::vector<std::string> few(paths.begin(), paths.begin() + 3);
  ASSERT_TRUE(store_->put_files(few));
  const auto digests = store_->put_files(paths);
  ASSERT_TRUE(digests) << digests.error().text();
  EXPECT_EQ(*digests, expected);
  EXPECT_EQ(all().size(), 1050u);
  EXPECT_TRUE(store_->find_missing(expected).value_or(expected).empty());
}

TEST_P(BlobStoreContract, RemovesAndLists) {
  const auto a = store_->put_text("a"), b = store_->put_text("b");
  ASSERT_TRUE(a && b);
  auto both = std::vector<Digest>{*a, *b};
  std::sort(both.begin(), both.end());
  EXPECT_EQ(all(), both);
  EXPECT_TRUE(store_->remove(*a));
  EXPECT_EQ(all(), std::vector<Digest>{*b});
  EXPECT_FALSE(store_->has(*a).value_or(true));
}

TEST_P(BlobStoreContract, StopsListingWhereTheVisitorFails) {
  ASSERT_TRUE(store_->put_text("a") && store_->put_text("b"));
  int seen = 0;
  const auto status = store_->each([&](const Digest&, std::uint64_t) -> Status {
    ++seen;
    return fail(Code::cancelled, "enough");
  });
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(status.error().code, Code::cancelled);
}

TEST_P(BlobStoreContract, RefusesWhatIsNoRegularFile) {
  const std::string file = files_.write("file", "x"), link = files_ / "link", fifo = files_ / "fifo";
  ASSERT_EQ(::symlink(file.c_str(), link.c_str()), 0);
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  for (const auto& path : {link, fifo, files_.path(), files_ / "nothing"}) {
    const auto put = store_->put_file(path);
    ASSERT_FALSE(put) << path;
    EXPECT_NE(put.error().text().find(path), std::string::npos) << put.error().text();
  }
  EXPECT_TRUE(all().empty());
}

TEST_P(BlobStoreContract, ManyWritersOfTheSameBytesEndWithOneBlob) {
  std::vector<std::thread> writers;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i)
    writers.emplace_back([&, store = i % 2 ? store_ : open_again()] {
      for (int n = 0; n < 20; ++n) good += store->put_text("number " + std::to_string(n)).has_value();
    });
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(good, 160);
  EXPECT_EQ(all().size(), 20u);
}

}  // namespace deployctl::store
