// Logins that take the place of those that a relay kept: services get the environment of a login of now.
#include <gmock/gmock.h>

#include "tests/support/virtual_time.hpp"
#include "tests/unit/relay/relay_rig.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;

namespace {

protocol::pb::Request fresh_attach(const std::string& host) {
  auto request = attach_to(host);
  request.mutable_attach()->set_fresh(true);
  return request;
}

protocol::pb::Request attach_without_the_kept(const std::string& host) {
  auto request = attach_to(host);
  request.mutable_attach()->set_no_kept(true);
  return request;
}

// A request that waits for the fresh login, and what was said of the one that it went over.
struct Asked {
  Result<protocol::pb::Reply> reply = fail(Code::internal, "nothing asked");
  std::optional<Error> kept;
};

awaitable<Asked> ask_over_fresh(std::shared_ptr<link::AgentLink> link, std::uint32_t target) {
  Asked asked;
  link::Call call;
  call.request = survey_of(target);
  call.request.set_fresh_login(true);
  call.on_event = [&asked](const protocol::pb::Event& event) {
    if (event.has_kept_login()) asked.kept = protocol::to_error(event.kept_login().why());
  };
  asked.reply = co_await link->call(std::move(call));
  co_return asked;
}

void let_dial(Rig& rig) {
  rig.hold_dials = false;
  rig.dialled.notify_all();
}

}  // namespace

TEST(FreshLogins, TakeTheKeptOnesPlaceWhileThatAnswers) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto& target = rig.target("t1");
    auto link = co_await rig.call_relay();
    const auto number = co_await attach(link, "t1");
    rig.hold_dials = true;
    const auto again = co_await ask(link, fresh_attach("t1"));
    EXPECT_EQ(again->attached().target(), number);
    EXPECT_TRUE(co_await ask(link, survey_of(number)));  // over the kept one: the other is not there
    while (rig.dials < 2) co_await rig.dialled.wait();
    EXPECT_EQ(target.ends, 0u);
    let_dial(rig);
    const auto asked = co_await ask_over_fresh(link, number);
    EXPECT_TRUE(asked.reply) << asked.reply.error().text();
    EXPECT_FALSE(asked.kept) << asked.kept->text();
    EXPECT_TRUE(co_await ask(link, survey_of(number)));
    EXPECT_EQ(rig.dials, 2u);
  });
}

TEST(FreshLogins, LeaveWhatRunsOverTheKeptOneAlone) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto& target = rig.target("t1");
    auto link = co_await rig.call_relay();
    const auto number = co_await attach(link, "t1");
    protocol::pb::Request activation;
    activation.set_target(number);
    activation.mutable_activate();
    auto pending = start(link, rig.executor, activation);
    while (target.activations == 0) co_await target.changed.wait();
    (void)co_await ask(link, fresh_attach("t1"));
    (void)co_await ask_over_fresh(link, number);
    EXPECT_EQ(rig.dials, 2u);
    EXPECT_EQ(target.cancelled, 0u);
    EXPECT_FALSE(pending->result);
    link->close();
    (void)co_await end_of(pending);
  });
}

TEST(FreshLogins, OneIsBegunHoweverManyAskForIt) {
  with_rig([](Rig& rig) -> awaitable<void> {
    rig.target("t1");
    auto link = co_await rig.call_relay();
    const auto number = co_await attach(link, "t1");
    rig.hold_dials = true;
    (void)co_await ask(link, fresh_attach("t1"));
    (void)co_await ask(link, fresh_attach("t1"));
    let_dial(rig);
    (void)co_await ask_over_fresh(link, number);
    EXPECT_EQ(rig.dials, 2u);
  });
}

TEST(FreshLogins, AreNotNeededWhereNothingWasKept) {
  with_rig([](Rig& rig) -> awaitable<void> {
    rig.target("t1");
    auto link = co_await rig.call_relay();
    const auto attached = co_await ask(link, fresh_attach("t1"));
    const auto asked = co_await ask_over_fresh(link, attached->attached().target());
    EXPECT_FALSE(asked.kept);
    EXPECT_EQ(rig.dials, 1u);
  });
}

TEST(FreshLogins, OneThatFailsLeavesTheKeptOneAndSaysSo) {
  with_rig([](Rig& rig) -> awaitable<void> {
    rig.target("t1");
    auto link = co_await rig.call_relay();
    const auto number = co_await attach(link, "t1");
    rig.refuse_dials = true;
    (void)co_await ask(link, fresh_attach("t1"));
    const auto asked = co_await ask_over_fresh(link, number);
    EXPECT_TRUE(asked.reply);
    EXPECT_THAT(asked.kept.value_or(Error{}).text(), HasSubstr("t1: the key is not accepted"));
    rig.refuse_dials = false;
    (void)co_await ask(link, fresh_attach("t1"));
    const auto later = co_await ask_over_fresh(link, number);
    EXPECT_FALSE(later.kept);
  });
}

TEST(FreshLogins, OneThatTakesLongerThanFiveSecondsIsNotWaitedFor) {
  VirtualTime time;
  TempDir dir;
  asio::io_context context(1);
  auto rig = std::make_unique<Rig>(context.get_executor(), dir / "chunks");
  bool over = false;
  const auto test = [&over](Rig& r) -> awaitable<void> {
    r.target("t1");
    auto link = co_await r.call_relay();
    const auto number = co_await attach(link, "t1");
    r.hold_dials = true;
    (void)co_await ask(link, fresh_attach("t1"));
    const auto asked = co_await ask_over_fresh(link, number);
    EXPECT_TRUE(asked.reply);
    EXPECT_THAT(asked.kept.value_or(Error{}).text(), HasSubstr("no new login within 5.0 s"));
    let_dial(r);
    over = true;
  };
  asio::co_spawn(context, test(*rig), asio::detached);
  (void)time.run(context, std::chrono::minutes(1));
  EXPECT_TRUE(over);
  rig.reset();
}

TEST(FreshLogins, WithoutTheKeptOneAnAttachWaitsForTheLoginAndFailsWithIt) {
  with_rig([](Rig& rig) -> awaitable<void> {
    rig.target("t1");
    auto link = co_await rig.call_relay();
    const auto number = co_await attach(link, "t1");
    rig.hold_dials = true;
    auto pending = start(link, rig.executor, attach_without_the_kept("t1"));
    while (rig.dials < 2) co_await rig.dialled.wait();
    EXPECT_FALSE(pending->result);
    let_dial(rig);
    const auto attached = co_await end_of(pending);
    EXPECT_EQ(attached->attached().target(), number);
    rig.refuse_dials = true;
    const auto refused = co_await ask(link, attach_without_the_kept("t1"));
    EXPECT_EQ(refused.error().code, Code::authentication);
  });
}
