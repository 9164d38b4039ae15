// A host that refuses the agent while it is still being sent: its words are told, whenever they came.
#include "core/link/host_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/this_coro.hpp>

#include "core/io/stream_pair.hpp"
#include "core/link/agent_link.hpp"
#include "core/protocol/frame.hpp"
#include "tests/support/run_async.hpp"

using namespace deployctl;
using asio::awaitable;
using deployctl::testing::run_async;
using ::testing::HasSubstr;

namespace {

awaitable<Status> cut_off(io::ByteStream&, std::string) {
  co_return fail(Code::disconnected, "write: the remote command is over");
}

awaitable<Error> refusal() {
  auto pair = io::make_stream_pair(co_await asio::this_coro::executor).value();
  const std::string said =
      std::string(protocol::missing_magic) + "x86_64\ndeployctl: cannot install the agent: no room\n";
  (void)co_await pair.second->write(as_bytes(said));
  link::LinkOptions options;
  options.name = "host";
  options.install = cut_off;
  auto link = co_await link::AgentLink::open(std::move(pair.first), options);
  co_return link ? error(Code::internal, "it opened") : link.error();
}

}  // namespace

TEST(HostWords, ThatCameWithTheMachinesNameAreToldWhenTheHostHangsUp) {
  const Error why = run_async(refusal());
  EXPECT_EQ(why.code, Code::unreachable);
  EXPECT_THAT(why.text(), HasSubstr("cannot install the agent: no room"));
}

TEST(HostWords, ComeWithWhatToDoAboutThem) {
  const auto advice = [](const char* words) { return link::advice_for(words); };
  EXPECT_THAT(advice("cannot install the agent: the host has no `mkdir`"), HasSubstr("install coreutils or busybox"));
  EXPECT_THAT(advice("head: write error: No space left on device"), HasSubstr("df -h ~"));
  EXPECT_THAT(advice("mkdir: cannot create directory: Read-only file system"),
              HasSubstr("writable, or put deploy-agent in place"));
  EXPECT_THAT(advice("cannot be executed: is its file system mounted noexec?"),
              HasSubstr("remount the home's file system with exec"));
  EXPECT_THAT(advice("This account is currently not available."), HasSubstr("usermod -s /bin/sh"));
  EXPECT_THAT(advice("WARNING: Your password has expired. Password change required but no TTY available."),
              HasSubstr("chage -l"));
  EXPECT_THAT(advice(""), HasSubstr("log in by hand with ssh"));
}
