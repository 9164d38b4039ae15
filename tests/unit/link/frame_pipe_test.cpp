#include "core/link/frame_pipe.hpp"

#include <gtest/gtest.h>

#include <asio/this_coro.hpp>

#include "core/io/stream_pair.hpp"
#include "tests/support/run_async.hpp"

namespace deployctl::link {
namespace {

using protocol::Frame;
using protocol::FrameType;
using testing::run_async;

struct Ends {
  std::shared_ptr<FramePipe> a, b;
};

awaitable<Ends> joined() {
  auto executor = co_await asio::this_coro::executor;
  auto pair = io::make_stream_pair(executor);
  co_return Ends{FramePipe::start(std::move(pair->first), {}, {}), FramePipe::start(std::move(pair->second), {}, {})};
}

Frame event(std::uint32_t stream) { return {FrameType::event, stream, 0, Bytes(200, 'e')}; }
Frame chunk(std::uint32_t stream) {
  return {FrameType::chunk, stream, 7, Bytes(5000, static_cast<std::uint8_t>(stream))};
}

awaitable<void> sends_a_thousand(bool packs, std::uint64_t* sent) {
  auto ends = co_await joined();
  if (packs) ends.a->begin_packing();
  std::vector<Frame> sent_first, sent_later;  // chunks give way
  for (std::uint32_t i = 0; i < 1000; ++i) {
    (i % 100 == 99 ? sent_later : sent_first).push_back(i % 100 == 99 ? chunk(i) : event(i));
    ends.a->post(i % 100 == 99 ? chunk(i) : event(i));
  }
  sent_first.insert(sent_first.end(), sent_later.begin(), sent_later.end());
  for (std::uint32_t i = 0; i < 1000; ++i) {
    auto frame = co_await ends.b->next();
    EXPECT_TRUE(frame);
    if (!frame) co_return;
    EXPECT_EQ(*frame, sent_first[i]) << i;
  }
  co_await ends.a->drain();
  *sent = ends.a->sent();
  ends.a->close(error(Code::cancelled, "over"));
  ends.b->close(error(Code::cancelled, "over"));
}

TEST(FramePipe, KeepsTheOrderPackedOrNotButForChunksWhichGiveWay) {
  std::uint64_t plain = 0, packed = 0;
  run_async(sends_a_thousand(false, &plain));
  run_async(sends_a_thousand(true, &packed));
  EXPECT_EQ(plain, 990U * 216 + 10U * 5016);
  EXPECT_LT(packed, 10U * 5016 + 8000);
}

awaitable<void> is_sent(Bytes frames, Code* code) {
  auto ends = co_await joined();
  Packer packer;
  protocol::FrameDecoder decoder;
  decoder.feed(packer.pack(frames));
  ends.a->post(**decoder.next());
  auto frame = co_await ends.b->next();
  if (!frame) *code = frame.error().code;
  ends.a->close(error(Code::cancelled, "over"));
}

TEST(FramePipe, ClosesOnAPackOfWhatIsntPacked) {
  for (const auto& inner : {protocol::encode(chunk(1)), Packer().pack(protocol::encode(event(1))), Bytes(40, 0xff)}) {
    Code code = Code::internal;
    run_async(is_sent(inner, &code));
    EXPECT_EQ(code, Code::invalid);
  }
}

}  // namespace
}  // namespace deployctl::link
