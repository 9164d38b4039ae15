#include "core/protocol/frame.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace deployctl;
using namespace deployctl::protocol;

namespace {

rc::Gen<Frame> of_a_stream() {
  return rc::gen::build<Frame>(
      rc::gen::set(&Frame::type, rc::gen::map(rc::gen::inRange(1, 9), [](int n) { return static_cast<FrameType>(n); })),
      rc::gen::set(&Frame::stream), rc::gen::set(&Frame::number), rc::gen::set(&Frame::payload));
}

rc::Gen<Frame> packed() {
  return rc::gen::map(rc::gen::arbitrary<Bytes>(), [](Bytes bytes) {
    return Frame{FrameType::packed, 0, 0, std::move(bytes)};
  });
}

rc::Gen<Frame> any_frame() { return rc::gen::oneOf(of_a_stream(), packed()); }

std::vector<Frame> drain(FrameDecoder& decoder) {
  std::vector<Frame> out;
  for (;;) {
    auto frame = decoder.next();
    if (!frame || !*frame) return out;
    out.push_back(std::move(**frame));
  }
}

Bytes header(std::uint32_t length, std::uint8_t type = 8, std::uint8_t pad = 0) {
  return {static_cast<std::uint8_t>(length >> 24),
          static_cast<std::uint8_t>(length >> 16),
          static_cast<std::uint8_t>(length >> 8),
          static_cast<std::uint8_t>(length),
          type,
          pad,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0};
}

Result<std::optional<Frame>> decode_one(const Bytes& bytes) {
  FrameDecoder decoder;
  decoder.feed(bytes);
  return decoder.next();
}

}  // namespace

RC_GTEST_PROP(Frame, DecodesTheSameHoweverItsBytesAreSplit, ()) {
  const auto frames = *rc::gen::container<std::vector<Frame>>(any_frame());
  Bytes all;
  for (const auto& frame : frames) {
    const auto bytes = encode(frame);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  FrameDecoder decoder;
  std::vector<Frame> got;
  BytesView rest(all);
  while (!rest.empty()) {
    const auto n = std::min(rest.size(), *rc::gen::inRange<std::size_t>(1, 40));
    decoder.feed(rest.first(n));
    rest = rest.subspan(n);
    for (auto& frame : drain(decoder)) got.push_back(std::move(frame));
  }
  RC_ASSERT(got == frames);
  RC_ASSERT(!decoder.midway());
}

RC_GTEST_PROP(Frame, GarbageNeverCrashesAndAnErrorIsFinal, (const std::vector<Bytes>& pieces)) {
  FrameDecoder decoder;
  bool failed = false;
  for (const auto& piece : pieces) {
    decoder.feed(piece);
    auto frame = decoder.next();
    if (failed) RC_ASSERT(!frame);
    failed = failed || !frame;
  }
}

TEST(Frame, TheMagicsAreSixteenBytesAndDiffer) {
  EXPECT_EQ(magic.size(), magic_size);
  EXPECT_EQ(missing_magic.size(), magic_size);
  EXPECT_NE(magic, missing_magic);
}

TEST(Frame, AFullPayloadPasses) {
  const Frame frame{FrameType::chunk, 7, 9, Bytes(max_payload, 42)};
  EXPECT_EQ(**decode_one(encode(frame)), frame);
}

TEST(Frame, AnOversizedLengthIsRefusedFromItsHeaderAlone) {
  const auto frame = decode_one(header(max_payload + 1));
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, Code::invalid);
  EXPECT_NE(frame.error().message.find("1048577"), std::string::npos);
  EXPECT_FALSE(decode_one(header(0xffffffff)));
}

TEST(Frame, APackedOneHasTheSameCap) {
  EXPECT_FALSE(decode_one({0x80, 0x10, 0, 1}));
  const Frame frame{FrameType::packed, 0, 0, Bytes(max_payload, 42)};
  EXPECT_EQ(**decode_one(encode(frame)), frame);
}

TEST(Frame, AnUnknownTypeIsRefused) {
  EXPECT_FALSE(decode_one(header(0, 0)));
  EXPECT_FALSE(decode_one(header(0, 9)));  // a packed one has no type on the wire
  EXPECT_FALSE(decode_one(header(0, 10)));
}

TEST(Frame, NonZeroPaddingIsRefused) { EXPECT_FALSE(decode_one(header(0, 8, 1))); }

TEST(Frame, EncodingAnOversizedPayloadIsABrokenInvariant) {
  EXPECT_THROW(encode(Frame{FrameType::chunk, 1, 0, Bytes(max_payload + 1)}), std::length_error);
}

TEST(Frame, AnErrorStaysEvenWhenGoodBytesFollow) {
  FrameDecoder decoder;
  decoder.feed(header(0, 99));
  EXPECT_FALSE(decoder.next());
  decoder.feed(header(0));
  EXPECT_FALSE(decoder.next());
}
