#include "core/link/packer.hpp"

#include <gtest/gtest.h>
#include <zstd.h>

#include <random>

#include "core/protocol/messages.hpp"

namespace deployctl::link {
namespace {

using protocol::Frame;
using protocol::FrameType;

Bytes survey_of(int target) {
  protocol::pb::Request request;
  request.set_target(static_cast<std::uint32_t>(target));
  auto& place = *request.mutable_survey()->mutable_place();
  place.set_service("redis");
  place.set_environment("production");
  place.set_deploy_to("/srv/redis");
  return protocol::encode(*protocol::to_frame(FrameType::request, static_cast<std::uint32_t>(2 * target + 1), request));
}

Bytes payload_of(const Bytes& packed) {
  protocol::FrameDecoder decoder;
  decoder.feed(packed);
  const auto frame = decoder.next();
  EXPECT_TRUE(frame && *frame && (*frame)->type == FrameType::packed && !decoder.midway());
  return frame && *frame ? (*frame)->payload : Bytes();
}

TEST(Packer, GivesEveryRowBackWhenItComes) {
  Packer packer;
  Unpacker unpacker;
  std::mt19937 dice(7);
  for (int row = 0; row < 50; ++row) {
    Bytes plain;
    for (int i = 0; i < row * 20; ++i) {
      const auto frame = survey_of(static_cast<int>(dice() % 1000));
      plain.insert(plain.end(), frame.begin(), frame.end());
    }
    const auto back = unpacker.unpack(payload_of(packer.pack(plain)));
    ASSERT_TRUE(back) << back.error().text();
    ASSERT_EQ(*back, plain);
  }
}

TEST(Packer, WhatWasSaidBeforeCostsNearlyNothing) {
  Packer packer;
  const auto first = packer.pack(survey_of(1)).size();
  std::size_t later = 0;
  for (int target = 2; target < 102; ++target) later += packer.pack(survey_of(target)).size();
  EXPECT_GT(first, 50U);
  EXPECT_LT(later / 100, 40U);  // of which sixteen are the header
}

TEST(Packer, TakesWhatCantBeSqueezed) {
  Packer packer;
  Unpacker unpacker;
  std::mt19937_64 dice(1);
  Bytes noise(max_packed);
  for (auto& byte : noise) byte = static_cast<std::uint8_t>(dice());
  EXPECT_EQ(unpacker.unpack(payload_of(packer.pack(noise))).value(), noise);
}

TEST(Unpacker, RefusesWhatIsNoPack) {
  EXPECT_EQ(Unpacker().unpack(as_bytes("this was never packed")).error().code, Code::invalid);
  Packer packer;
  auto row = payload_of(packer.pack(survey_of(1)));
  for (std::size_t at = 0; at < 6; ++at) {
    Bytes bad = row;
    bad[at] ^= 0xff;
    const auto back = Unpacker().unpack(bad);
    EXPECT_TRUE(!back || *back != survey_of(1)) << at;
  }
}

// A small frame that says "and then a gigabyte of zeros".
TEST(Unpacker, TakesNoMoreThanARowMayBe) {
  const Bytes zeros(64 << 20);
  Bytes bomb(ZSTD_compressBound(zeros.size()));
  auto* zstd = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, 17);
  ZSTD_inBuffer in{zeros.data(), zeros.size(), 0};
  ZSTD_outBuffer out{bomb.data(), bomb.size(), 0};
  ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_flush);
  ZSTD_freeCCtx(zstd);
  bomb.resize(out.pos);
  EXPECT_EQ(Unpacker().unpack(bomb).error().code, Code::invalid);
}

TEST(Unpacker, RefusesAFrameThatEndsOrThatWantsALargeWindow) {
  const Bytes plain = survey_of(1);
  Bytes whole(ZSTD_compressBound(plain.size()));
  whole.resize(ZSTD_compress(whole.data(), whole.size(), plain.data(), plain.size(), 3));
  EXPECT_EQ(Unpacker().unpack(whole).error().code, Code::invalid);
  auto* zstd = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, 27);
  Bytes large(1000);
  ZSTD_inBuffer in{plain.data(), plain.size(), 0};
  ZSTD_outBuffer out{large.data(), large.size(), 0};
  ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_flush);
  ZSTD_freeCCtx(zstd);
  large.resize(out.pos);
  EXPECT_EQ(Unpacker().unpack(large).error().code, Code::invalid);
}

}  // namespace
}  // namespace deployctl::link
