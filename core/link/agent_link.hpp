// A link to one agent over any ByteStream: requests out, events and one reply back, many at once. Owns the stream and
// one reading and one writing coroutine, which keep the link's state alive until both have ended; the destructor
// closes. All calls come from the stream's executor (one strand).
//
// Opening: up to 64 KiB of login noise is skipped until the agent's magic; `missing_magic` instead means that the host
// lacks the agent, and `install` is called to send it (then the magic is awaited again). A login that prints too much,
// asks for something, hangs in its start-up files or ends is Code::unreachable or Code::disconnected within
// shell_timeout, and the error shows what it printed. Hellos are exchanged; another protocol version is
// Code::unsupported, naming both.
//
// Living: both sides ping when idle (5 s); nothing heard for 20 s (10 s before the first answer over a kept login) is
// Code::disconnected, and so is the peer's end. Every
// pending call then ends with that error. Chunks that the peer wants on a call's stream are read from the call's source
// and sent by one writer, so a slow call never blocks another's frames for more than a chunk.
//
// The peer may be hostile. What a request's answer may be and how much of it may come is bounded: an answer of another
// kind, or more events than a request has, end that call as Code::unreachable, since another peer behind this one may
// have sent them. Frames that no request asked for, chunks wanted again and again, and a call's flood that goes on
// after its end are this peer's own: they close the link with "protocol error: ...". why_closed() is Code::invalid
// then, and the calls end as Code::disconnected.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/base/duration.hpp"
#include "core/io/byte_stream.hpp"
#include "core/io/cancel_token.hpp"
#include "core/payload/format/chunk_source.hpp"
#include "core/protocol/messages.hpp"

namespace deployctl::link {

using asio::awaitable;

// Of the stream's login, whenever that was.
struct LoginTimes {
  Duration took{0};
  Duration round_trip{0};  // when it was over, nothing in its way; 0: not known
  bool kept = false;       // perhaps from earlier: the way there may be dead by now
};

struct LinkOptions {
  std::string name;  // of the host, for errors
  std::string program = "deployctl";
  Duration hello_timeout{
      std::chrono::seconds(30)};  // of all that comes before the first request, an installation included
  Duration shell_timeout{
      std::chrono::seconds(20)};  // until the login's shell has run our command; between two signs of an installation
  LoginTimes login{};
  bool packs = false;  // small frames are packed if the agent can: for links across the world
  Duration ping_every{std::chrono::seconds(5)};
  Duration silence{std::chrono::seconds(20)};
  Duration kept_silence{std::chrono::seconds(10)};  // instead, until the first answer over a login that was kept
  // Sends the agent's bytes for `machine` (uname -m); absent: a host without the agent is an error.
  std::function<awaitable<Status>(io::ByteStream&, std::string machine)> install;
};

struct Call {
  protocol::pb::Request request;
  std::function<void(const protocol::pb::Event&)> on_event;  // may be empty; called on the strand, must not throw
  std::shared_ptr<payload::ChunkSource> chunks;              // what the peer may pull on this stream
  Duration deadline{std::chrono::minutes(1)};  // of the whole call; then the stream is aborted: Code::timed_out
  std::uint32_t more_events =
      0;  // that may come beside the usual number: progress of a payload whose chunks are not here
};

class AgentLink {
 public:
  static awaitable<Result<std::shared_ptr<AgentLink>>> open(std::unique_ptr<io::ByteStream> stream,
                                                            LinkOptions options);
  ~AgentLink();

  // The peer's Abort becomes the Error; `name` is added as context. A cancelled coroutine aborts the stream.
  awaitable<Result<protocol::pb::Reply>> call(Call call);
  const protocol::pb::Hello& peer() const;
  const std::string& name() const;
  const LoginTimes& login() const;
  bool closed() const;         // no call can succeed any more
  Error why_closed() const;    // when closed
  bool fell_silent() const;    // closed because nothing was heard for too long
  std::uint64_t sent() const;  // bytes written so far, frames and all
  void close();

  struct State;
  explicit AgentLink(std::shared_ptr<State> state);

 private:
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::link
