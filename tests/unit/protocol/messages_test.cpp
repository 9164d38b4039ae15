#include "core/protocol/messages.hpp"

#include <gtest/gtest.h>

using namespace deployctl;
using namespace deployctl::protocol;

TEST(Messages, AnErrorCrossesAsAnAbort) {
  Error e = with_hint(error(Code::no_space, "write x: No space left on device"), "free some space");
  e.context = {"stage", "10.1.0.4"};
  const auto back = to_error(to_abort(e));
  EXPECT_EQ(back.code, e.code);
  EXPECT_EQ(back.text(), e.text());
  EXPECT_EQ(back.hint, e.hint);
}

TEST(Messages, AnUnknownCodeWordIsInternal) {
  pb::Abort abort;
  abort.set_code("from_the_future");
  EXPECT_EQ(to_error(abort).code, Code::internal);
  EXPECT_NE(to_error(abort).message.find("from_the_future"), std::string::npos);
}

TEST(Messages, BytesThatAreNoUtf8StillCross) {
  const auto frame = to_frame(FrameType::abort, 1, to_abort(error(Code::hook_failed, "it said \xff\xfe")));
  const auto abort = from_frame<pb::Abort>(*frame);
  ASSERT_TRUE(abort);
  EXPECT_EQ(abort->message(), "it said ??");
}

TEST(Messages, AnErrorOfAnySizeFitsAFrame) {
  Error e = error(Code::internal, std::string(3000000, 'x'));
  e.context.assign(100, std::string(3000000, 'y'));
  EXPECT_TRUE(to_frame(FrameType::abort, 1, to_abort(e)));
}

TEST(Messages, AMessageAboveTheCapIsAnError) {
  pb::LogText text;
  text.set_text(std::string(max_payload + 1, 'x'));
  EXPECT_EQ(to_frame(FrameType::reply, 1, text).error().code, Code::invalid);
}

TEST(Messages, AFrameThatIsNoSuchMessageIsAnError) {
  EXPECT_EQ(from_frame<pb::Hello>(Frame{FrameType::hello, 0, 0, {0x0f, 0xff, 0xff}}).error().code, Code::invalid);
}
