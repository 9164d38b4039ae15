// Commands at a real sshd, several on one session: their bytes both ways, their end, and the end of the server.
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include "core/base/digest.hpp"
#include "core/io/deadline.hpp"
#include "tests/integration/ssh_rig.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;

TEST(SshChannel, EchoesAMegabyteBothWaysAtOnce) {
  Sshd server;
  const auto same = run_async(dial_and_echo(to(server), 1024 * 1024));
  ASSERT_TRUE(same) << same.error().text();
  EXPECT_TRUE(*same);
}

TEST(SshChannel, EchoesThroughRekeying) {
  Sshd server({.config = {"RekeyLimit 1M"}});
  const auto same = run_async(dial_and_echo(to(server), 12 * 1024 * 1024));
  ASSERT_TRUE(same) << same.error().text();
  EXPECT_TRUE(*same);
}

TEST(SshChannel, SinksFiftyMegabytes) {
  Sshd server;
  const auto sink = [](transport::DialOptions options) -> awaitable<Result<std::string>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(options));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("sha256sum"));
    const Bytes data = pattern(50'000'000);
    DEPLOYCTL_CO_CHECK(co_await stream->write(data));
    DEPLOYCTL_CO_CHECK(co_await stream->close_write());
    co_return co_await read_all(*stream);
  };
  const auto said = run_async(sink(to(server)));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(said->substr(0, 64), sha256(pattern(50'000'000)).hex());
}

TEST(SshChannel, AFastSourceAndASlowReaderLoseNothing) {
  Sshd server;
  const auto read_slowly = [](transport::DialOptions options) -> awaitable<Result<std::size_t>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(options));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("head -c 20000000 /dev/zero; echo bye >&2"));
    std::size_t total = 0;
    Bytes part(8 * 1024);
    for (;;) {
      DEPLOYCTL_CO_TRY(n, co_await stream->read_some(part));
      if (n == 0) co_return total;
      total += n;
      co_await asio::post(session->executor(), asio::use_awaitable);
    }
  };
  const auto total = run_async(read_slowly(to(server)));
  ASSERT_TRUE(total) << total.error().text();
  EXPECT_EQ(*total, 20'000'000u);
}

TEST(SshChannel, MuchOnStderrBlocksNobody) {
  Sshd server;
  const auto said = run_async(say(to(server), "head -c 8000000 /dev/zero >&2; echo done"));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, "done\n");
}

TEST(SshChannel, ACommandThatFailsAtOnceSaysWhy) {
  Sshd server;
  const auto said = run_async(say(to(server), "echo 'no agent here' >&2; exit 7"));
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, Code::disconnected);
  EXPECT_EQ(said.error().text(), "the remote command exited with status 7; it said: no agent here");
}

TEST(SshChannel, ACommandThatSaysNothingAndSucceedsJustEnds) {
  Sshd server;
  const auto said = run_async(say(to(server), "echo quiet >&2"));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, "");
}

TEST(SshChannel, SeveralOnOneSessionAtOnce) {
  Sshd server;
  const auto run = [](transport::DialOptions options, int& good) -> awaitable<void> {
    const auto session = co_await dial(options);
    if (!session) co_return;
    const auto one = [](std::shared_ptr<transport::Session> s, int& count) -> awaitable<void> {
      const auto same = co_await echoes(*s, pattern(500'000));
      if (same && *same) ++count;
    };
    for (int i = 0; i < 8; ++i) asio::co_spawn((*session)->executor(), one(*session, good), asio::detached);
  };
  int good = 0;
  run_async(run(to(server), good));
  EXPECT_EQ(good, 8);
}

TEST(SshChannel, OneAfterAnotherIsClosedAndFreed) {
  Sshd server;
  const auto run = [](transport::DialOptions options) -> awaitable<Status> {
    DEPLOYCTL_CO_TRY(session, co_await dial(options));
    for (int i = 0; i < 30; ++i) {  // sshd allows 10 at once
      DEPLOYCTL_CO_TRY(stream, co_await session->exec("echo x"));
      DEPLOYCTL_CO_TRY(text, co_await read_all(*stream));
      if (text != "x\n") co_return fail(Code::invalid, text);
    }
    co_return Status{};
  };
  const auto done = run_async(run(to(server)));
  EXPECT_TRUE(done) << done.error().text();
}

TEST(SshChannel, OneTooManyIsRefusedAndTheSessionGoesOn) {
  Sshd server({.config = {"MaxSessions 1"}});
  const auto run = [](transport::DialOptions options, std::string& refusal) -> awaitable<Result<std::string>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(options));
    DEPLOYCTL_CO_TRY(first, co_await session->exec("read x; echo got $x"));
    const auto second = co_await session->exec("true");
    if (!second) refusal = second.error().hint;
    DEPLOYCTL_CO_CHECK(co_await first->write(as_bytes("it\n")));
    co_return co_await read_all(*first);
  };
  std::string refusal;
  const auto said = run_async(run(to(server), refusal));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, "got it\n");
  EXPECT_THAT(refusal, HasSubstr("MaxSessions"));
}

TEST(SshChannel, WritingToACommandThatIsOverEnds) {
  Sshd server;
  const auto run = [](transport::DialOptions options) -> awaitable<Result<Code>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(options));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("exit 0"));
    const Bytes data(8'000'000);
    const auto sent = co_await stream->write(data);
    co_return sent ? Code::internal : sent.error().code;
  };
  const auto code = run_async(run(to(server)));
  ASSERT_TRUE(code) << code.error().text();
  EXPECT_EQ(*code, Code::disconnected);
}

TEST(SshChannel, WhatACommandSaidBeforeItRefusedOurBytesCanStillBeRead) {
  Sshd server;
  const auto run = [](transport::DialOptions options) -> awaitable<Result<std::string>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(options));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("head -c 1 >/dev/null; echo no more; exit 1"));
    const Bytes data(8'000'000);
    const auto sent = co_await stream->write(data);
    if (sent) co_return fail(Code::internal, "all was taken");
    co_return co_await read_all(*stream);
  };
  const auto said = run_async(run(to(server)));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, "no more\n");
}

TEST(SshChannel, AServerKilledInMidTransferIsDisconnected) {
  Sshd server;
  const auto run = [](Sshd& s) -> awaitable<Result<Code>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(to(s)));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("cat >/dev/null"));
    const Bytes data(4'000'000);
    for (int i = 0; i < 100; ++i) {
      if (i == 1) s.kill_all();
      const auto sent = co_await stream->write(data);
      if (!sent) co_return sent.error().code;
    }
    co_return Code::internal;
  };
  const auto code = run_async(run(server));
  ASSERT_TRUE(code) << code.error().text();
  EXPECT_EQ(*code, Code::disconnected);
}

TEST(SshChannel, AServerKilledWhileWeReadIsDisconnected) {
  Sshd server;
  const auto run = [](Sshd& s) -> awaitable<Result<Code>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(to(s)));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("echo up; sleep 60"));
    Bytes part(100);
    DEPLOYCTL_CO_CHECK(co_await stream->read_some(part));
    s.kill_all();
    const auto more = co_await stream->read_some(part);
    co_return more ? Code::internal : more.error().code;
  };
  const auto code = run_async(run(server));
  ASSERT_TRUE(code) << code.error().text();
  EXPECT_EQ(*code, Code::disconnected);
}

TEST(SshChannel, ClosingEndsAPendingReadWithCancelled) {
  Sshd server;
  const auto run = [](Sshd& s, bool whole_session) -> awaitable<Result<Code>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(to(s)));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("cat"));
    std::optional<Result<std::size_t>> ended;
    const auto read = [](io::ByteStream& from, std::optional<Result<std::size_t>>& out) -> awaitable<void> {
      Bytes part(100);
      out = co_await from.read_some(part);
    };
    asio::co_spawn(session->executor(), read(*stream, ended), asio::detached);
    co_await asio::post(session->executor(), asio::use_awaitable);
    if (whole_session)
      session->close();
    else
      stream->close();
    for (int i = 0; i < 100 && !ended; ++i) co_await asio::post(session->executor(), asio::use_awaitable);
    if (!ended) co_return Code::internal;
    co_return *ended ? Code::internal : ended->error().code;
  };
  for (const bool whole : {false, true}) {
    const auto code = run_async(run(server, whole));
    ASSERT_TRUE(code) << code.error().text();
    EXPECT_EQ(*code, Code::cancelled);
  }
}

TEST(SshChannel, AReadThatRunsOutOfTimeLeavesTheChannelUsable) {
  Sshd server;
  const auto run = [](Sshd& s) -> awaitable<Result<std::string>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(to(s)));
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("cat"));
    Bytes part(100);
    const auto late = co_await io::with_deadline(stream->read_some(part), Duration(20), "reading");
    if (late || late.error().code != Code::timed_out) co_return fail(Code::internal, "no deadline");
    DEPLOYCTL_CO_CHECK(co_await stream->write(as_bytes("still here")));
    DEPLOYCTL_CO_CHECK(co_await stream->close_write());
    co_return co_await read_all(*stream);
  };
  const auto said = run_async(run(server));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, "still here");
}

TEST(SshChannel, AnExecGivenUpLeavesTheSessionUsable) {
  Sshd server;
  const auto run = [](Sshd& s) -> awaitable<Result<std::string>> {
    DEPLOYCTL_CO_TRY(session, co_await dial(to(s)));
    const auto late = co_await io::with_deadline(session->exec("cat"), Duration(0), "starting");
    if (late) co_return fail(Code::internal, "no deadline");
    DEPLOYCTL_CO_TRY(stream, co_await session->exec("echo fine"));
    co_return co_await read_all(*stream);
  };
  const auto said = run_async(run(server));
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(*said, "fine\n");
}
