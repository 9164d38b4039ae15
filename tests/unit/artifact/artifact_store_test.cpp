#include "core/artifact/artifact_store.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>

#include "core/artifact/build_cache.hpp"
#include "core/artifact/store_lock.hpp"
#include "core/io/fd.hpp"
#include "tests/support/temp_dir.hpp"

namespace deployctl::artifact {
namespace {

namespace fs = std::filesystem;
using deployctl::testing::read_text;
using deployctl::testing::TempDir;

class ArtifactStoreTest : public ::testing::Test {
 protected:
  ArtifactStore open() {
    auto store = ArtifactStore::open(dir_ / "store");
    if (!store) throw std::runtime_error(store.error().text());
    return std::move(*store);
  }
  // A tree of its own for each text.
  ArtifactRecord add(const std::string& text, const std::string& version, int minute = 0,
                     const std::string& service = "redis") {
    const std::string tree = "trees/" + std::to_string(trees_++);
    dir_.write(tree + "/bin/run", text, 0755);
    dir_.write(tree + "/shared.conf", "the same in all");
    fs::create_symlink("bin/run", dir_ / (tree + "/start"));
    const auto found = collect(dir_ / tree, {{".", {}, {}}});
    if (!found) throw std::runtime_error(found.error().text());
    ArtifactRecord record;
    record.service = service;
    record.version = version;
    record.commit = "c0ffee";
    record.made = WallTime(std::chrono::minutes(minute));
    auto added = store_.add(*found, record);
    if (!added) throw std::runtime_error(added.error().text());
    return *added;
  }
  std::string blob_path(const Digest& d) {
    return dir_ / ("store/blobs/" + d.hex().substr(0, 2) + "/" + d.hex().substr(2));
  }
  std::vector<std::string> versions() {
    std::vector<std::string> out;
    const auto records = store_.list();
    if (!records) return {records.error().text()};
    for (const auto& r : *records) out.push_back(r.version);
    return out;
  }
  TempDir dir_;
  int trees_ = 0;
  ArtifactStore store_ = open();
};

TEST_F(ArtifactStoreTest, ListsNewestFirstAndFindsByDigestBeginningAndVersion) {
  EXPECT_TRUE(versions().empty());
  const auto one = add("one", "1.0", 1), two = add("two", "2.0", 2);
  EXPECT_EQ(versions(), (std::vector<std::string>{"2.0", "1.0"}));
  for (const auto& name : {one.digest.text(), one.digest.hex(), one.digest.hex().substr(0, 6), std::string("1.0")}) {
    const auto found = store_.find(name);
    ASSERT_TRUE(found) << name << ": " << found.error().text();
    EXPECT_EQ(found->digest, one.digest);
    EXPECT_EQ(found->files, 2u);
    EXPECT_EQ(found->size, 18u);
    EXPECT_EQ(found->made, one.made);
  }
  EXPECT_EQ(store_.find("3.0").error().code, Code::not_found);
  EXPECT_EQ(store_.find("").error().code, Code::not_found);
  EXPECT_EQ(store_.find(one.digest.hex().substr(0, 3)).error().code, Code::not_found);
}

TEST_F(ArtifactStoreTest, AnAmbiguousNameListsWhatItMayBe) {
  const auto one = add("one", "1.0", 1), two = add("two", "1.0", 2, "other");
  const auto found = store_.find("1.0");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::invalid);
  for (const auto& r : {one, two})
    EXPECT_NE(found.error().text().find(r.digest.text().substr(0, 19)), std::string::npos);
}

TEST_F(ArtifactStoreTest, TheSameBytesUnderTwoVersionsAreOneArtifactWithTwoNames) {
  const auto one = add("same", "1.0", 1), two = add("same", "1.0-hotfix", 2);
  EXPECT_EQ(one.digest, two.digest);
  EXPECT_EQ(versions().size(), 2u);
  EXPECT_EQ(store_.find("1.0")->digest, store_.find("1.0-hotfix")->digest);
}

TEST_F(ArtifactStoreTest, AddsATreeThatItsManifestDescribesAndRefusesAnother) {
  const auto known = add("text", "1");
  const auto manifest = store_.manifest(known.digest);
  ASSERT_TRUE(manifest);
  auto other = ArtifactStore::open(dir_ / "other");
  ASSERT_TRUE(other);
  ASSERT_TRUE(other->add(dir_ / "trees/0", *manifest, known));
  EXPECT_TRUE(other->verify(known.digest));
  dir_.write("trees/0/bin/run", "changed", 0755);
  const auto refused = other->add(dir_ / "trees/0", *manifest, known);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::verification);
}

TEST_F(ArtifactStoreTest, VerifyNamesTheFilesThatAreMissingOrDamaged) {
  const auto one = add("one", "1.0");
  ASSERT_TRUE(store_.verify(one.digest));
  fs::remove(blob_path(sha256("one")));
  std::ofstream(blob_path(sha256("one"))) << "evil";
  fs::remove(blob_path(sha256("the same in all")));
  const auto status = store_.verify(one.digest);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::verification);
  EXPECT_NE(status.error().text().find("2 of 2 files: bin/run is damaged, shared.conf is missing"), std::string::npos)
      << status.error().text();
  EXPECT_EQ(store_.verify(sha256("never")).error().code, Code::not_found);
  EXPECT_FALSE(store_.complete(one.digest).value_or(true));
}

TEST_F(ArtifactStoreTest, ExportsANewFolderWithModesAndLinks) {
  const auto one = add("one", "1.0");
  const std::string to = dir_ / "out/tree";
  const auto status = store_.export_to(one.digest, to + "/");
  ASSERT_TRUE(status) << status.error().text();
  EXPECT_EQ(read_text(to + "/start"), "one");
  EXPECT_EQ(fs::read_symlink(to + "/start"), "bin/run");
  EXPECT_EQ(fs::status(to + "/bin/run").permissions(), fs::perms(0755));
  EXPECT_EQ(fs::status(to + "/shared.conf").permissions(), fs::perms(0644));
  EXPECT_EQ(fs::status(to).permissions(), fs::perms(0755));
}

TEST_F(ArtifactStoreTest, NeverExportsOverSomethingNorHalfOfIt) {
  const auto one = add("one", "1.0");
  dir_.write("here/kept", "mine");
  EXPECT_EQ(store_.export_to(one.digest, dir_ / "here").error().code, Code::exists);
  EXPECT_EQ(store_.export_to(one.digest, dir_ / "here/kept").error().code, Code::exists);
  EXPECT_EQ(read_text(dir_ / "here/kept"), "mine");
  fs::remove(blob_path(sha256("the same in all")));
  std::ofstream(blob_path(sha256("the same in all"))) << "evil";
  const auto damaged = store_.export_to(one.digest, dir_ / "out/tree");
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, Code::verification);
  EXPECT_TRUE(fs::is_empty(dir_ / "out"));
}

TEST_F(ArtifactStoreTest, SweepsAllButTheNewestOfEachServiceAndThoseInUse) {
  const auto a = add("a", "1", 1), b = add("b", "2", 2), c = add("c", "3", 3), other = add("o", "9", 0, "other");
  ASSERT_TRUE(remember_build(store_.dir(), sha256("key b"), b.digest));
  ASSERT_TRUE(remember_build(store_.dir(), sha256("key c"), c.digest));
  const std::string to_c = a.digest.hex() + "-" + c.digest.hex(), to_b = Digest().hex() + "-" + b.digest.hex();
  dir_.write("store/payloads/" + to_c, "12345");
  dir_.write("store/payloads/" + to_b, "123");
  dir_.write("store/payloads/README", "not ours");
  const auto swept = store_.gc(1, {a.digest});
  ASSERT_TRUE(swept) << swept.error().text();
  EXPECT_EQ(swept->artifacts, 1u);
  EXPECT_EQ(swept->blobs, 2u);  // b's file and manifest
  EXPECT_EQ(swept->payloads, 1u);
  EXPECT_GT(swept->bytes, 4u);
  EXPECT_EQ(versions(), (std::vector<std::string>{"3", "1", "9"}));
  for (const auto& r : {a, c, other}) EXPECT_TRUE(store_.verify(r.digest)) << r.version;
  EXPECT_EQ(store_.manifest(b.digest).error().code, Code::not_found);
  EXPECT_TRUE(built_before(store_, sha256("key b"))->empty());
  EXPECT_EQ(*built_before(store_, sha256("key c")), c.digest);
  EXPECT_TRUE(fs::exists(store_.payload_dir() + "/" + to_c));
  EXPECT_FALSE(fs::exists(store_.payload_dir() + "/" + to_b));
  EXPECT_EQ(store_.gc(1, {a.digest})->blobs, 0u);
}

TEST_F(ArtifactStoreTest, DoesNotSweepWhileSomebodyAdds) {
  add("a", "1");
  {
    const auto adding = StoreLock::share(store_.dir());
    ASSERT_TRUE(adding);
    EXPECT_EQ(store_.gc(0, {}).error().code, Code::locked);
    EXPECT_EQ(versions().size(), 1u);
  }
  EXPECT_EQ(store_.gc(0, {})->artifacts, 1u);
}

TEST_F(ArtifactStoreTest, ADamagedManifestStopsTheSweepBeforeAnythingIsRemoved) {
  const auto a = add("a", "1", 1), b = add("b", "2", 2);
  fs::remove(blob_path(b.digest));
  std::ofstream(blob_path(b.digest)) << "{}";
  EXPECT_EQ(store_.gc(1, {}).error().code, Code::verification);
  EXPECT_TRUE(store_.verify(a.digest));
}

TEST_F(ArtifactStoreTest, WhatIsListedIsWholeHoweverAddersAreKilled) {
  std::mt19937 random(3);
  for (int i = 0; i < 60; ++i)
    dir_.write("tree/" + std::to_string(i), std::string(20'000, static_cast<char>('a' + i % 26)) + std::to_string(i));
  const auto found = collect(dir_.path() + "/tree", {{".", {}, {}}});
  ASSERT_TRUE(found);
  for (int round = 0; round < 8; ++round) {
    auto pipe = io::make_pipe();
    ASSERT_TRUE(pipe);
    const pid_t child = ::fork();
    if (child == 0) {
      auto store = ArtifactStore::open(dir_ / "store");
      for (int n = 0; store; ++n) {
        auto some = *found;
        some.resize(static_cast<std::size_t>(1 + (round * 7 + n) % 60));
        ArtifactRecord record;
        record.service = "s";
        record.version = std::to_string(round) + "." + std::to_string(n);
        if (!store->add(some, record) || ::write(pipe->write.get(), ".", 1) != 1) ::_exit(1);
      }
    }
    char byte = 0;
    ASSERT_EQ(::read(pipe->read.get(), &byte, 1), 1);
    const auto moment = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 20'000);
    while (std::chrono::steady_clock::now() < moment) continue;
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  }
  const auto records = store_.list();
  ASSERT_TRUE(records) << records.error().text();
  EXPECT_GE(records->size(), 8u);
  for (const auto& record : *records) EXPECT_TRUE(store_.verify(record.digest)) << record.version;
}

}  // namespace
}  // namespace deployctl::artifact
