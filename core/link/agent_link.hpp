// A link to one agent over any ByteStream: requests out, events and one reply back, many at once. Owns the stream and
// one reading and one writing coroutine, which keep the link's state alive until both have ended; the destructor
// closes the link. All calls come from the stream's executor (one strand).
//
// Opening: up to 64 KiB of login noise is skipped until the agent's magic. `missing_magic` instead means that the
// host lacks the agent: `install` is called to send it, and the magic is awaited again. A login that prints too much,
// prompts for input, hangs in its startup files or ends fails with Code::unreachable or Code::disconnected within
// shell_timeout, and the error shows what it printed. Then both sides exchange hellos; another protocol version is
// Code::unsupported, and the error names both versions.
//
// Liveness: both sides ping when idle (every 5 s). If nothing is received for 20 s (10 s before the first answer over
// a cached login), or the peer closes, the link closes with Code::disconnected and all pending calls end with that
// error. Chunks that the peer requests on a call's stream are read from the call's source and sent by one writer, so
// a slow call never delays the frames of another by more than one chunk.
//
// The peer may be hostile. The type and the amount of what a request may return are bounded: a reply of another type,
// or more events than the request has, ends that call with Code::unreachable, because another peer behind this one
// may have sent them. Frames on a stream that is not open, repeated requests for the same chunks, and a flood that
// continues after its call ended are the fault of this peer: they close the link with "protocol error: ...".
// why_closed() is then Code::invalid, and the calls end with Code::disconnected.
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

// Times of the login that carries the stream, which may be older than the link.
struct LoginTimes {
  Duration took{0};
  Duration round_trip{0};  // measured at the end of the login, on an idle connection; 0: unknown
  bool kept = false;       // possibly cached: the connection may be dead by now
};

struct LinkOptions {
  std::string name;  // of the host, for errors
  std::string program = "deployctl";
  // For everything before the first request, including an installation.
  Duration hello_timeout{std::chrono::seconds(30)};
  // Until the login's shell has run the command. Also between two signs of progress of an installation.
  Duration shell_timeout{std::chrono::seconds(20)};
  LoginTimes login{};
  bool packs = false;  // pack small frames if the agent supports it: for long-distance links
  Duration ping_every{std::chrono::seconds(5)};
  Duration silence{std::chrono::seconds(20)};
  // Replaces `silence` until the first answer over a cached login.
  Duration kept_silence{std::chrono::seconds(10)};
  // Sends the agent's bytes for `machine` (uname -m). Empty: a host without the agent is an error.
  std::function<awaitable<Status>(io::ByteStream&, std::string machine)> install;
};

struct Call {
  protocol::pb::Request request;
  std::function<void(const protocol::pb::Event&)> on_event;  // may be empty; called on the strand, must not throw
  // The chunks that the peer may request on this stream.
  std::shared_ptr<payload::ChunkSource> chunks;
  // For the whole call. When it passes, the stream is aborted and the call ends with Code::timed_out.
  Duration deadline{std::chrono::minutes(1)};
  // Events allowed beyond the usual number: progress of a payload whose chunks are not in this call.
  std::uint32_t more_events = 0;
};

class AgentLink {
 public:
  static awaitable<Result<std::shared_ptr<AgentLink>>> open(std::unique_ptr<io::ByteStream> stream,
                                                            LinkOptions options);
  ~AgentLink();

  // The peer's Abort becomes the Error, with `name` added as context. Cancelling the coroutine aborts the stream.
  awaitable<Result<protocol::pb::Reply>> call(Call call);
  const protocol::pb::Hello& peer() const;
  const std::string& name() const;
  const LoginTimes& login() const;
  bool closed() const;         // no further call can succeed
  Error why_closed() const;    // Code::internal if the link is open
  bool fell_silent() const;    // closed because nothing was received for too long
  std::uint64_t sent() const;  // bytes written so far, including framing
  void close();

  struct State;
  explicit AgentLink(std::shared_ptr<State> state);

 private:
  std::shared_ptr<State> state_;
};

}  // namespace deployctl::link
