// Hooks that run over a login which was kept: worth a warning, once for each reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/output/plain_lines.hpp"

using namespace deployctl;
using namespace deployctl::output;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

Event login_kept(const std::string& target, Error why) {
  Event event;
  event.name = "target_login_kept";
  event.target = target;
  event.error = std::move(why);
  return event;
}

}  // namespace

TEST(LoginKept, IsToldOnceForEachReason) {
  PlainLines lines(Detail::bad_only);
  Board board;
  const auto late = error(Code::timed_out, "there was no new login within 5.0 s");
  EXPECT_THAT(text_of(lines.of(login_kept("t1", late), board)),
              HasSubstr("warning: t1: its hooks run with the environment, groups and limits of an earlier login: there "
                        "was no new login"));
  EXPECT_THAT(lines.of(login_kept("t2", late), board), IsEmpty());
  EXPECT_THAT(lines.of(login_kept("t3", error(Code::authentication, "the key is not accepted")), board), SizeIs(1));
}

TEST(LoginKept, ByARelayThatIsTooOldIsToldOnlyWhereMoreIsWanted) {
  Board board;
  const auto old = error(Code::unsupported, "relay r (deploy-agent 0.1.0) is too old to log in anew");
  EXPECT_THAT(PlainLines(Detail::targets).of(login_kept("t1", old), board), IsEmpty());
  EXPECT_THAT(PlainLines(Detail::steps).of(login_kept("t1", old), board), SizeIs(1));
}
