// Trees for the payload's tests: contents as real files by digest, manifests over them, and a sink that keeps
// what a decoder gives it. One test owns each; one thread.
#pragma once

#include <fcntl.h>

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "core/io/atomic_file.hpp"
#include "core/io/files.hpp"
#include "core/payload/decode/decode.hpp"
#include "core/payload/encode/encode.hpp"
#include "tests/support/temp_dir.hpp"

namespace deployctl::payload {

using Files = std::map<std::string, std::string>;  // path -> bytes

inline std::string noise(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string out(size, '\0');
  for (auto& c : out) c = static_cast<char>(random());
  return out;
}

inline std::string words(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string out;
  while (out.size() < size) out += "word" + std::to_string(random() % 5000) + (random() % 8 ? " " : "\n");
  out.resize(size);
  return out;
}

class Contents {
 public:
  // The tree's files go into the store.
  model::Manifest add(const Files& files, std::vector<model::Entry> more = {}) {
    for (const auto& [path, bytes] : files) {
      const Digest digest = sha256(bytes);
      dir_.write(digest.hex(), bytes);
      more.push_back({path, model::EntryType::file, 0644, bytes.size(), digest, {}});
    }
    return model::Manifest::make(std::move(more)).value();
  }
  std::string path(std::string_view bytes) const { return dir_ / sha256(bytes).hex(); }
  std::string path(const Digest& content) const { return dir_ / content.hex(); }
  OpenContent open() const {
    return [dir = dir_.path()](const Digest& content) { return io::open_fd(dir + "/" + content.hex(), O_RDONLY); };
  }

 private:
  testing::TempDir dir_;
};

// Keeps everything, and insists on the order that TreeSink promises.
class Kept : public TreeSink {
 public:
  std::optional<model::Manifest> manifest;
  std::map<Digest, std::string> given;
  unsigned broken_promises = 0;

  Status begin(const model::Manifest& m) override {
    broken_promises += manifest.has_value();
    manifest = m;
    return {};
  }
  Status begin_content(const Digest& content, std::uint64_t size) override {
    broken_promises += !manifest || at_ || given.contains(content);
    at_ = content;
    size_ = size;
    given[content].clear();
    return {};
  }
  Status data(BytesView bytes) override {
    broken_promises += !at_;
    if (at_) given[*at_] += as_text(bytes);
    return {};
  }
  Status end_content() override {
    broken_promises += !at_ || given[*at_].size() != size_ || sha256(given[*at_]) != *at_;
    at_.reset();
    return {};
  }

 private:
  std::optional<Digest> at_;
  std::uint64_t size_ = 0;
};

inline Status decode(BytesView payload, const Digest& artifact, const OpenContent& base, TreeSink& sink,
                     std::size_t piece = max_chunk, const model::Manifest* base_manifest = nullptr) {
  Decoder decoder(artifact, base, sink, base_manifest);
  while (!payload.empty()) {
    const auto part = payload.first(std::min(piece, payload.size()));
    payload = payload.subspan(part.size());
    DEPLOYCTL_CHECK(decoder.feed(part));
  }
  return decoder.finish();
}

// The payload as one text; an empty one when encode() failed (and the test with it).
inline std::string encoded(const model::Manifest& next, const model::Manifest* base, const Contents& contents) {
  const testing::TempDir dir;
  const auto index = encode(next, base, contents.open(), dir / "p");
  return index ? testing::read_text(dir / "p") : std::string();
}

}  // namespace deployctl::payload
