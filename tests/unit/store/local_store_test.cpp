#include "core/store/local/local_store.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <random>

#include "core/io/fd.hpp"
#include "tests/unit/store/blob_store_contract.hpp"
#include "tests/unit/store/small_disk.hpp"

namespace deployctl::store {
namespace {

namespace fs = std::filesystem;
using testing::TempDir;

std::shared_ptr<BlobStore> open_local(const TempDir& dir) {
  auto store = open_local_store(dir / "store");
  if (!store) throw std::runtime_error(store.error().text());
  return *store;
}

INSTANTIATE_TEST_SUITE_P(Local, BlobStoreContract, ::testing::Values(StoreMaker{"local", open_local}),
                         [](const auto& info) { return info.param.name; });

std::string blob_path(const TempDir& dir, const Digest& blob) {
  return dir / ("store/blobs/" + blob.hex().substr(0, 2) + "/" + blob.hex().substr(2));
}

TEST(LocalStore, KeepsBlobsReadOnlyInFoldersOfTheirFirstByte) {
  TempDir dir;
  const auto blob = open_local(dir)->put_text("text");
  ASSERT_TRUE(blob);
  struct stat st {};
  ASSERT_EQ(::stat(blob_path(dir, *blob).c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0444u);
}

TEST(LocalStore, TellsDamageAndHealsItWithTheNextPut) {
  TempDir dir;
  const auto store = open_local(dir);
  const auto blob = store->put_text("precious");
  ASSERT_TRUE(blob);
  fs::remove(blob_path(dir, *blob));
  dir.write("store/blobs/" + blob->hex().substr(0, 2) + "/" + blob->hex().substr(2), "rotten!!");
  EXPECT_EQ(store->verify(*blob).error().code, Code::verification);
  EXPECT_EQ(store->get_text(*blob).error().code, Code::verification);
  ASSERT_TRUE(store->put_file(dir.write("again", "precious")));
  EXPECT_TRUE(store->verify(*blob));
}

TEST(LocalStore, LeavesNothingBehindOfWhatFailedOrEnded) {
  TempDir dir;
  {
    const auto store = open_local(dir);
    EXPECT_FALSE(store->put_file(dir / "nothing"));
    EXPECT_FALSE(store->put_files({dir.write("one", "1"), dir / "nothing"}));
    EXPECT_FALSE(store->has(sha256("1")).value_or(true));
  }
  EXPECT_TRUE(fs::is_empty(dir / "store/incoming"));
}

TEST(LocalStore, RemovesWhatADeadProcessLeftAndSparesALivingOnes) {
  TempDir dir;
  const auto living = open_local(dir);
  ASSERT_TRUE(living->put_text("alive"));
  fs::create_directories(dir / "store/incoming/dead");
  dir.write("store/incoming/dead/7", "half of a blo");
  ASSERT_TRUE(open_local(dir)->put_text("other"));
  EXPECT_FALSE(fs::exists(dir / "store/incoming/dead"));
  EXPECT_TRUE(living->put_text("still alive"));
}

TEST(LocalStore, AFullDiskIsSaidAndLeavesNothingBehind) {
  TempDir dir, source;
  const std::string big = source.write("big", std::string(5 * 1024 * 1024, 'x'));
  const std::string small = source.write("small", "fits");
  testing::on_a_small_disk(dir.path(), [&]() -> std::string {
    const auto store = open_local_store(dir / "store");
    if (!store) return store.error().text();
    for (const auto& put : {(*store)->put_file(big), (*store)->put_text(std::string(5 * 1024 * 1024, 'y'))})
      if (put || put.error().code != Code::no_space) return "no word of the full disk";
    const auto both = (*store)->put_files({small, big});
    if (both || both.error().code != Code::no_space) return "no word of the full disk from put_files";
    if ((*store)->has(sha256("fits")).value_or(true)) return "a blob of the failed batch is there";
    return (*store)->put_file(small) ? "" : "no room was given back";
  });
}

// Puts blobs of many sizes until it is killed, telling each by a byte on the pipe.
[[noreturn]] void put_for_ever(const std::string& dir, int tell, unsigned seed) {
  auto store = open_local_store(dir);
  std::minstd_rand random(seed);
  for (;;) {
    std::string text(random() % 300'000, static_cast<char>('a' + random() % 26));
    text += std::to_string(random());
    if (!store || !(*store)->put_text(text) || ::write(tell, ".", 1) != 1) ::_exit(1);
  }
}

TEST(LocalStore, EveryBlobIsWholeHoweverTheWritersAreKilled) {
  TempDir dir;
  std::mt19937 random(7);
  for (unsigned round = 0; round < 12; ++round) {
    auto pipe = io::make_pipe();
    ASSERT_TRUE(pipe);
    const pid_t child = ::fork();
    if (child == 0) put_for_ever(dir / "store", pipe->write.get(), round);
    ASSERT_GT(child, 0);
    char byte = 0;
    for (unsigned n = 0; n < 1 + random() % 4; ++n) ASSERT_EQ(::read(pipe->read.get(), &byte, 1), 1);
    const auto moment = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 3000);
    while (std::chrono::steady_clock::now() < moment) continue;
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  }
  const auto store = open_local(dir);
  std::size_t whole = 0;
  ASSERT_TRUE(store->each([&](const Digest& blob, std::uint64_t) -> Status {
    ++whole;
    return store->verify(blob);
  }));
  EXPECT_GE(whole, 12u);
  ASSERT_TRUE(store->put_text("the next writer tidies up"));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir / "store/incoming"), fs::directory_iterator{}), 1);
}

}  // namespace
}  // namespace deployctl::store
