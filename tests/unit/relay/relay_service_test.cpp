// Requests through a relay: attached, passed on, answered, given up.
#include "tests/unit/relay/relay_rig.hpp"

using namespace deployctl;
using namespace deployctl::testing;

TEST(Relay, AttachesATargetAndTellsItsHello) {
  with_rig([](Rig& rig) -> awaitable<void> {
    rig.target("t1");
    auto link = co_await rig.call_relay();
    auto reply = co_await ask(link, attach_to("t1"));
    EXPECT_TRUE(reply);
    EXPECT_EQ(reply->attached().hello().role(), "target");
    EXPECT_NE(reply->attached().target(), 0u);
    EXPECT_EQ(link->peer().role(), "relay");
  });
}

TEST(Relay, TheSameEndpointIsOneSessionEvenWhileItsLoginIsGoingOn) {
  with_rig([](Rig& rig) -> awaitable<void> {
    rig.target("t1");
    auto link = co_await rig.call_relay();
    rig.hold_dials = true;
    auto first = start(link, rig.executor, attach_to("t1"));
    auto second = start(link, rig.executor, attach_to("t1"));
    while (rig.dials == 0) co_await rig.dialled.wait();
    rig.hold_dials = false;
    rig.dialled.notify_all();
    auto one = co_await end_of(first);
    auto two = co_await end_of(second);
    EXPECT_EQ(one->attached().target(), two->attached().target());
    EXPECT_EQ(co_await attach(link, "t1"), one->attached().target());
    EXPECT_EQ(rig.dials, 1u);
  });
}

TEST(Relay, OtherPinsAreAnotherSession) {
  with_rig([](Rig& rig) -> awaitable<void> {
    rig.target("t1");
    auto link = co_await rig.call_relay();
    const auto number = co_await attach(link, "t1");
    auto other = attach_to("t1");
    other.mutable_attach()->add_host_keys()->set_type("ssh-ed25519");
    auto reply = co_await ask(link, other);
    EXPECT_NE(reply->attached().target(), number);
    EXPECT_EQ(rig.dials, 2u);
  });
}

TEST(Relay, ALoginThatFailsSaysSoAndIsTriedAgainByTheNextAttach) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto link = co_await rig.call_relay();
    auto failed = co_await ask(link, attach_to("t1"));
    EXPECT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Code::unreachable);
    EXPECT_EQ(failed.error().text(), "relay: t1: connection refused");
    rig.target("t1");
    EXPECT_NE(co_await attach(link, "t1"), 0u);
  });
}

TEST(Relay, PassesARequestOnWithItsEventsInOrder) {
  with_rig([](Rig& rig) -> awaitable<void> {
    rig.target("t1");
    auto link = co_await rig.call_relay();
    const auto number = co_await attach(link, "t1");
    std::string seen;
    link::Call call;
    call.request = survey_of(number);
    call.on_event = [&seen](const protocol::pb::Event& e) { seen += e.step().name(); };
    auto reply = co_await link->call(std::move(call));
    EXPECT_EQ(reply->surveyed().other_service(), "redis");
    EXPECT_EQ(seen, "012");
    EXPECT_EQ(rig.target("t1").numbers, std::vector<std::uint32_t>{0});
  });
}

namespace {

// A survey with the attach that it needs; what was told before the reply goes to `seen`.
link::Call survey_with_attach(const std::string& host, std::string& seen, std::uint32_t* number = nullptr) {
  link::Call call;
  call.request = survey_of(0);
  *call.request.mutable_attach_first() = attach_to(host).attach();
  call.on_event = [&seen, number](const protocol::pb::Event& e) {
    seen += e.has_attached() ? "attached " + e.attached().hello().role() + " " : e.step().name();
    if (number && e.has_attached()) *number = e.attached().target();
  };
  return call;
}

}  // namespace

TEST(Relay, ARequestMayBringTheAttachThatItNeeds) {
  with_rig([](Rig& rig) -> awaitable<void> {
    rig.target("t1");
    auto link = co_await rig.call_relay();
    std::string seen;
    std::uint32_t number = 0;
    auto call = survey_with_attach("t1", seen, &number);
    auto reply = co_await link->call(std::move(call));
    EXPECT_EQ(reply->surveyed().other_service(), "redis");
    EXPECT_EQ(seen, "attached target 012");
    EXPECT_EQ(rig.target("t1").numbers, std::vector<std::uint32_t>{0});
    EXPECT_TRUE(co_await ask(link, survey_of(number)));
    EXPECT_EQ(co_await attach(link, "t1"), number);
    EXPECT_EQ(rig.dials, 1u);
  });
}

TEST(Relay, ARequestWhoseAttachFailsIsOnlyThat) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto link = co_await rig.call_relay();
    std::string seen;
    auto call = survey_with_attach("t1", seen);
    auto reply = co_await link->call(std::move(call));
    EXPECT_EQ(reply.error().code, Code::unreachable);
    EXPECT_EQ(reply.error().text(), "relay: t1: connection refused");
    EXPECT_EQ(seen, "");
  });
}

TEST(Relay, ANumberAndAnAttachAreOneTooMany) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto link = co_await rig.call_relay();
    std::string seen;
    auto call = survey_with_attach("t1", seen);
    call.request.set_target(1);
    auto reply = co_await link->call(std::move(call));
    EXPECT_EQ(reply.error().code, Code::invalid);
    auto nested = attach_to("t2");
    rig.target("t1");
    *nested.mutable_attach_first() = attach_to("t1").attach();
    EXPECT_EQ((co_await ask(link, nested)).error().code, Code::unsupported);
  });
}

TEST(Relay, ATargetsErrorKeepsItsCodeContextAndHint) {
  with_rig([](Rig& rig) -> awaitable<void> {
    rig.target("t1");
    auto link = co_await rig.call_relay();
    protocol::pb::Request request;
    request.set_target(co_await attach(link, "t1"));
    request.mutable_check();
    auto reply = co_await ask(link, request);
    EXPECT_FALSE(reply);
    EXPECT_EQ(reply.error().code, Code::hook_failed);
    EXPECT_EQ(reply.error().text(), "relay: t1: hook stop: stop exited with 3");
    EXPECT_EQ(reply.error().hint, "see the log");
  });
}

TEST(Relay, TheCallersAbortReachesTheTarget) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto& target = rig.target("t1");
    auto link = co_await rig.call_relay();
    link::Call call;
    call.request.set_target(co_await attach(link, "t1"));
    call.request.mutable_activate();
    call.deadline = Duration(20);
    auto reply = co_await link->call(std::move(call));
    EXPECT_EQ(reply.error().code, Code::timed_out);
    while (target.cancelled == 0) co_await target.changed.wait();
    EXPECT_TRUE(co_await ask(link, survey_of(1)));  // the target's link goes on
  });
}

TEST(Relay, ALostTargetIsNamedAndTheNextAttachDialsAnew) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto& target = rig.target("t1");
    auto link = co_await rig.call_relay();
    const auto number = co_await attach(link, "t1");
    auto activation = protocol::pb::Request{};
    activation.set_target(number);
    activation.mutable_activate();
    auto pending = start(link, rig.executor, activation);
    while (target.activations == 0) co_await target.changed.wait();
    target.cable->close();
    auto lost = co_await end_of(pending);
    EXPECT_EQ(lost.error().code, Code::disconnected) << lost.error().text();
    EXPECT_NE(lost.error().text().find("t1"), std::string::npos);
    auto later = co_await ask(link, survey_of(number));
    EXPECT_EQ(later.error().code, Code::disconnected);
    EXPECT_NE(later.error().text().find("t1: the relay lost the target"), std::string::npos) << later.error().text();
    EXPECT_EQ(co_await attach(link, "t1"), number);
    EXPECT_TRUE(co_await ask(link, survey_of(number)));
    EXPECT_EQ(rig.dials, 2u);
  });
}

TEST(Relay, DetachClosesAndForgetsTheTarget) {
  with_rig([](Rig& rig) -> awaitable<void> {
    rig.target("t1");
    auto link = co_await rig.call_relay();
    protocol::pb::Request detach;
    detach.set_target(co_await attach(link, "t1"));
    detach.mutable_detach();
    EXPECT_TRUE(co_await ask(link, detach));
    auto reply = co_await ask(link, survey_of(detach.target()));
    EXPECT_EQ(reply.error().code, Code::invalid);
  });
}

TEST(Relay, RefusesWhatIsNotItsOwn) {
  with_rig([](Rig& rig) -> awaitable<void> {
    rig.target("t1");
    auto link = co_await rig.call_relay();
    auto own = co_await ask(link, survey_of(0));
    EXPECT_EQ(own.error().code, Code::unsupported);
    auto nested = attach_to("t2");
    nested.set_target(co_await attach(link, "t1"));
    auto refused = co_await ask(link, nested);
    EXPECT_EQ(refused.error().code, Code::unsupported);
    auto nowhere = co_await ask(link, attach_to(""));
    EXPECT_EQ(nowhere.error().code, Code::invalid);
  });
}

TEST(Relay, TheCallersEndClosesTheTargets) {
  with_rig([](Rig& rig) -> awaitable<void> {
    auto& target = rig.target("t1");
    auto link = co_await rig.call_relay();
    protocol::pb::Request activation;
    activation.set_target(co_await attach(link, "t1"));
    activation.mutable_activate();
    auto pending = start(link, rig.executor, activation);
    while (target.activations == 0) co_await target.changed.wait();
    link->close();
    while (target.cancelled == 0) co_await target.changed.wait();
    auto ended = co_await end_of(pending);
    EXPECT_FALSE(ended);
  });
}
