// A delta against a base of a test's own, there and back; and deltas that only an attacker writes.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "core/payload/delta/delta_coder.hpp"
#include "core/payload/delta/delta_reader.hpp"
#include "core/payload/encode/window_coder.hpp"
#include "core/payload/format/big_endian.hpp"
#include "core/payload/format/varint.hpp"
#include "tests/unit/payload/trees.hpp"

namespace deployctl::payload {

struct Delta {
  testing::TempDir dir;
  std::string base;
  Region region;
  mutable ZstdContexts contexts;

  explicit Delta(std::string bytes) : base(std::move(bytes)) {
    dir.write("base", "left out" + base + "left out too");
    region = {sha256(base), 8, static_cast<std::uint32_t>(base.size())};
  }
  Bytes coded(const std::string& plain) const {
    auto bytes =
        code_delta(as_bytes(base), DeltaIndex(as_bytes(base), 1), as_bytes(plain), 0, {}, plain.size(), contexts);
    return bytes ? *bytes : Bytes();
  }
  // What comes of it, fed in pieces; the window gets no byte more than it has, whatever is fed.
  Result<std::string> undone(BytesView bytes, std::size_t plain, std::size_t piece = 1000) const {
    DeltaReader reader;
    return undone_by(reader, bytes, plain, piece);
  }
  Result<std::string> undone_by(DeltaReader& reader, BytesView bytes, std::size_t plain,
                                std::size_t piece = 1000) const {
    auto fd = io::open_fd(dir / "base", O_RDONLY);
    reader.begin(static_cast<std::uint32_t>(plain), std::move(*fd), region);
    std::string out;
    const auto take = [&](BytesView given) -> Status {
      out += as_text(given);
      return {};
    };
    Status status;
    for (; status && !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size())))
      status = reader.feed(bytes.first(std::min(piece, bytes.size())), take);
    EXPECT_LE(out.size(), plain);
    if (!status) return fail(status.error());
    DEPLOYCTL_CHECK(reader.finish());
    return out;
  }
};

// A call every 16 bytes, whose targets have all moved by the same amount, as after an insertion.
inline std::string with_calls_moved(std::string bytes) {
  for (std::size_t at = 8; at + 4 <= bytes.size(); at += 16) {
    std::uint32_t target = 0;
    std::memcpy(&target, bytes.data() + at, 4);
    target += 0x1234;
    std::memcpy(bytes.data() + at, &target, 4);
  }
  return bytes;
}

// One segment of given streams; each varint of control and runs as a number.
inline Bytes forged(std::uint32_t plain, const std::vector<std::uint64_t>& control,
                    const std::vector<std::uint64_t>& runs, const std::string& words, const std::string& literals,
                    bool recalls = false) {
  std::array<Bytes, delta_streams> streams;
  for (const auto n : control) put_varint(streams[0], n);
  for (const auto n : runs) put_varint(streams[1], n);
  put(streams[2], as_bytes(words));
  put(streams[3], as_bytes(literals));
  DeltaSegment segment;
  segment.recalls = recalls;
  segment.plain = plain;
  Bytes body;
  for (std::size_t i = 0; i < delta_streams; ++i) {
    if (streams[i].empty()) continue;
    const auto coded = WindowCoder(3).zstd(streams[i]).value();
    segment.streams[i] = static_cast<std::uint32_t>(streams[i].size());
    segment.coded[i] = static_cast<std::uint32_t>(coded.size());
    put(body, coded);
  }
  Bytes out = format::segment_head(segment);
  put(out, body);
  return out;
}

// Within a property: some bytes taken out, some put in, some moved here from elsewhere, some changed here and there.
inline std::string edited(std::string bytes) {
  const auto edits = *rc::gen::inRange(0, 30);
  for (int i = 0; i < edits; ++i) {
    const std::size_t at = *rc::gen::inRange<std::size_t>(0, bytes.size() + 1);
    const auto n = *rc::gen::inRange<std::size_t>(1, 3000);
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        bytes.erase(at, n);
        break;
      case 1:
        bytes.insert(at, noise(n, static_cast<unsigned>(n)));
        break;
      case 2:
        bytes.insert(at, bytes.substr(bytes.size() / 3, n));
        break;
      default:
        for (std::size_t k = at; k < std::min(bytes.size(), at + n); k += 9)
          bytes[k] = static_cast<char>(bytes[k] + 64);
    }
  }
  return bytes;
}

class ForgedDelta : public ::testing::Test {
 protected:
  Delta delta{"0123456789"};
  void refused(const Bytes& bytes, std::size_t plain = 6) {
    const auto back = delta.undone(bytes, plain);
    ASSERT_FALSE(back) << *back;
    EXPECT_EQ(back.error().code, Code::verification) << back.error().text();
  }
};

}  // namespace deployctl::payload
