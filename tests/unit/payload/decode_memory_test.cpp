// What decode.hpp promises of the memory of a decoder, held against what the system says of a process that
// does nothing else.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "core/payload/format/stream_format.hpp"
#include "tests/unit/payload/trees.hpp"

namespace deployctl::payload {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool counts_other_memory = true;
#else
constexpr bool counts_other_memory = false;
#endif

constexpr std::size_t promised = 41 * 1024 * 1024;

// In a process of its own: what the heap of one has kept for later must not be used by the next.
bool beside(const std::function<bool()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work() ? 0 : 1);
  int status = 1;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

std::size_t peak() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
  return 0;
}

class DecodeMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    if (counts_other_memory) GTEST_SKIP() << "the address sanitizer's own memory would be counted too";
    if (peak() == 0) GTEST_SKIP() << "the system does not say how much memory a process had (VmHWM)";
  }

  bool make(const Files& old, const Files& next) {
    const auto base = contents_.add(old), target = contents_.add(next);
    if (!io::write_file(dir_ / "old", base.json()) || !io::write_file(dir_ / "next", target.json())) return false;
    return encode(target, &base, contents_.open(), dir_ / "payload").has_value();
  }

  // The bytes by which the process grew, into a file.
  bool decode_alone() {
    const auto base = model::Manifest::parse(testing::read_text(dir_ / "old"));
    const auto target = model::Manifest::parse(testing::read_text(dir_ / "next"));
    std::ifstream payload(dir_ / "payload", std::ios::binary);
    Bytes chunk(max_chunk);
    Nowhere sink;
    const auto before = peak();
    Decoder decoder(target->digest(), contents_.open(), sink, &*base);
    while (payload.read(reinterpret_cast<char*>(chunk.data()), static_cast<std::streamsize>(chunk.size())),
           payload.gcount() > 0)
      if (!decoder.feed(BytesView(chunk).first(static_cast<std::size_t>(payload.gcount())))) return false;
    if (!decoder.finish() || sink.bytes == 0) return false;
    return io::write_file(dir_ / "grown", std::to_string(peak() - before)).has_value();
  }

  std::size_t grown() { return std::stoull(testing::read_text(dir_ / "grown")); }

  class Nowhere : public TreeSink {
   public:
    std::size_t bytes = 0;
    Status begin(const model::Manifest&) override { return {}; }
    Status begin_content(const Digest&, std::uint64_t) override { return {}; }
    Status data(BytesView given) override {
      bytes += given.size();
      return {};
    }
    Status end_content() override { return {}; }
  };

  testing::TempDir dir_;
  Contents contents_;
};

// Its beginning has a changed word in every eight bytes, and much that is new: streams that fill their
// windows.
std::string changed(std::string bytes) {
  for (std::size_t at = 0; at < max_window / 2; at += 8) bytes[at] = static_cast<char>(bytes[at] + 1 + at % 5);
  bytes.replace(max_window / 2, max_window / 4, noise(max_window / 4, 2));
  return bytes;
}

TEST_F(DecodeMemory, OfALargeDeltaIsBounded) {
  const auto make_it = [this] {
    const auto program = noise(3 * max_window, 1);
    return make({{"program", program}}, {{"program", changed(program)}});
  };
  ASSERT_TRUE(beside(make_it));
  ASSERT_LT(std::filesystem::file_size(dir_ / "payload"), max_window);  // it is a delta
  ASSERT_TRUE(beside([this] { return decode_alone(); }));
  EXPECT_LT(grown(), promised);
}

// What one kind of window needs is not kept for another.
TEST_F(DecodeMemory, OfWindowsOfAllKindsIsBounded) {
  const auto make_it = [this] {
    const auto program = noise(3 * max_window / 2, 1), text = words(2 * 1024 * 1024, 2);
    Files old{{"program", program}}, next{{"program", changed(program)}, {"text", ""}};
    for (unsigned i = 0; i < 12; ++i) next["text"] += text + noise(10, i);
    for (unsigned i = 0; i < 200; ++i) {
      const auto name = (i % 2 ? "a" : "z") + std::to_string(i);
      const auto small = noise(100 * 1024, 10 + i);
      old[name] = small;
      next[name] = small.substr(100) + "more";
    }
    return make(old, next);
  };
  ASSERT_TRUE(beside(make_it));
  ASSERT_TRUE(beside([this] { return decode_alone(); }));
  EXPECT_LT(grown(), promised);
}

}  // namespace
}  // namespace deployctl::payload
