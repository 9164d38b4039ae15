// Releases for the tests of a target: a tree as values, its manifest, and staging without a payload in between.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <set>

#include "agents/target/staging/staging.hpp"
#include "tests/support/temp_dir.hpp"

namespace deployctl::testing {

struct TreeFile {
  std::string text;
  unsigned mode = 0644;
};

struct Tree {
  std::map<std::string, TreeFile> files;
  std::map<std::string, std::string> links;

  model::Manifest manifest() const {
    std::vector<model::Entry> entries;
    for (const auto& [path, file] : files) {
      model::Entry entry;
      entry.path = path;
      entry.mode = file.mode;
      entry.size = file.text.size();
      entry.content = sha256(file.text);
      entries.push_back(entry);
    }
    for (const auto& [path, link] : links) {
      model::Entry entry;
      entry.path = path;
      entry.type = model::EntryType::link;
      entry.mode = 0777;
      entry.link = link;
      entries.push_back(entry);
    }
    auto made = model::Manifest::make(std::move(entries));
    if (!made) throw std::runtime_error(made.error().text());
    return std::move(*made);
  }

  model::Release release(const std::string& version, model::Activation activation = {}) const {
    return {version, manifest().digest(), std::move(activation)};
  }
};

inline model::Hook shell(std::string line, Duration timeout = std::chrono::seconds(30)) {
  return {{std::move(line)}, timeout};
}

// What the decoder does: the manifest, then each content that the base lacks.
inline Status fill(target::Staging& staging, const Tree& tree, const target::Base* base) {
  DEPLOYCTL_CHECK(staging.begin(tree.manifest()));
  std::set<Digest> sent;
  for (const auto& [path, file] : tree.files) {
    const Digest content = sha256(file.text);
    if ((base && base->file(content)) || !sent.insert(content).second) continue;
    DEPLOYCTL_CHECK(staging.begin_content(content, file.text.size()));
    DEPLOYCTL_CHECK(staging.data(as_bytes(file.text)));
    DEPLOYCTL_CHECK(staging.end_content());
  }
  return {};
}

inline Status stage(const target::Slot& slot, const Tree& tree, const model::Release& release,
                    const target::Base* base = nullptr) {
  target::Staging staging(slot, release, base);
  DEPLOYCTL_CHECK(fill(staging, tree, base));
  return staging.commit();
}

// Other bytes, and a time that says so whatever the file system's grain.
inline void overwrite(const std::string& path, const std::string& text) {
  ::chmod(path.c_str(), 0644);
  std::ofstream(path) << text;
  timespec times[2] = {};
  ::clock_gettime(CLOCK_REALTIME, &times[1]);
  times[1].tv_sec += 1;
  times[0] = times[1];
  ::utimensat(AT_FDCWD, path.c_str(), times, 0);
}

// A slot of redis in a scratch folder, claimed.
struct SlotFixture : ::testing::Test {
  TempDir dir;
  target::Slot slot = *target::Slot::at(dir / "srv", "");
  void SetUp() override { ASSERT_TRUE(slot.claim({"redis", "default"})); }

  // Staged; the folder's name.
  std::string put(const Tree& tree, const std::string& version, model::Activation activation = {}) {
    const auto release = tree.release(version, std::move(activation));
    const auto done = stage(slot, tree, release);
    EXPECT_TRUE(done) << (done ? "" : done.error().text());
    return release.folder();
  }
  std::string in(const std::string& folder, const std::string& path) const { return slot.release(folder) + "/" + path; }
};

}  // namespace deployctl::testing
