#include "agents/serve/session.hpp"

#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <deque>
#include <map>

#include "core/host/boot_id.hpp"
#include "core/io/notifier.hpp"
#include "core/link/frame_pipe.hpp"

namespace deployctl::serve {
namespace {

using protocol::Frame;
using protocol::FrameType;

constexpr std::size_t max_request_bytes = 64 * protocol::max_payload;  // of all open requests together
constexpr std::size_t max_hello = 16 * 1024;

struct Session;

// An open stream, shared by the session and the coroutine that serves it.
struct Stream final : Exchange {
  Stream(std::shared_ptr<link::FramePipe> p, std::uint32_t n, std::size_t size)
      : pipe(std::move(p)), number(n), request_bytes(size), arrived(pipe->executor()) {}

  awaitable<Status> emit(const protocol::pb::Event& event) override;
  awaitable<Status> want(std::uint32_t first, std::uint32_t count) override;
  awaitable<Result<Chunk>> next_chunk() override;
  io::CancelToken cancelled() const override { return token; }

  void give_up(Error why) {
    if (!gone) gone = std::move(why);
    token.cancel();
    arrived.notify_all();
  }

  std::shared_ptr<link::FramePipe> pipe;
  std::uint32_t number;
  std::size_t request_bytes;
  io::Notifier arrived;  // a chunk, or `gone`
  std::deque<Chunk> chunks;
  std::uint64_t owed = 0;  // chunks requested and not received
  std::optional<Error> gone;
  io::CancelToken token;
};

awaitable<Status> Stream::emit(const protocol::pb::Event& event) {
  if (gone) co_return fail(*gone);
  DEPLOYCTL_CO_TRY(frame, protocol::to_frame(FrameType::event, number, event));
  co_return co_await pipe->send(std::move(frame));
}

awaitable<Status> Stream::want(std::uint32_t first, std::uint32_t count) {
  if (gone) co_return fail(*gone);
  protocol::pb::Want want;
  want.add_ranges()->set_first(first);
  want.mutable_ranges(0)->set_count(count);
  DEPLOYCTL_CO_TRY(frame, protocol::to_frame(FrameType::want, number, want));
  owed += count;
  pipe->post(frame);
  co_return Status{};
}

awaitable<Result<Chunk>> Stream::next_chunk() {
  while (chunks.empty() && !gone) co_await arrived.wait();
  if (gone) co_return fail(*gone);
  Chunk chunk = std::move(chunks.front());
  chunks.pop_front();
  co_return chunk;
}

struct Session : std::enable_shared_from_this<Session> {
  Session(std::shared_ptr<link::FramePipe> p, Service& s, std::size_t most)
      : pipe(std::move(p)), service(s), max_requests(most), over(pipe->executor()) {}

  static awaitable<void> run_request(std::shared_ptr<Session> self, std::shared_ptr<Stream> stream,
                                     protocol::pb::Request request);
  Status take(Frame& frame);
  Status take_late(const Frame& frame);
  Status open_stream(const Frame& frame);

  template <class Message>
  void post(FrameType type, std::uint32_t stream, const Message& message) {
    auto frame = protocol::to_frame(type, stream, message);
    if (frame)
      pipe->post(*frame);
    else if (type != FrameType::abort)
      post(FrameType::abort, stream, protocol::to_abort(frame.error()));
  }

  std::shared_ptr<link::FramePipe> pipe;
  Service& service;
  std::size_t max_requests;  // open at the same time
  std::map<std::uint32_t, std::shared_ptr<Stream>> streams;
  std::uint32_t last_opened = 0;
  std::size_t open_bytes = 0;     // of the requests in `streams`
  std::uint64_t late_frames = 0;  // that may still arrive for finished streams
  io::Notifier over;              // a request has finished
};

// Always returns: a stream without an answer would keep the session, and with it a relay, alive indefinitely.
awaitable<Result<protocol::pb::Reply>> answer(Service& service, protocol::pb::Request request,
                                              std::shared_ptr<Stream> stream) {
  std::string what;
  try {
    co_return co_await service.serve(std::move(request), *stream);
  } catch (const std::exception& thrown) {
    what = thrown.what();
  }
  co_return fail(Code::internal, what);
}

awaitable<void> Session::run_request(std::shared_ptr<Session> self, std::shared_ptr<Stream> stream,
                                     protocol::pb::Request request) {
  auto reply = co_await answer(self->service, std::move(request), stream);
  if (!reply)
    self->post(FrameType::abort, stream->number, protocol::to_abort(reply.error()));
  else if (!stream->gone)
    self->post(FrameType::reply, stream->number, *reply);
  self->streams.erase(stream->number);
  self->open_bytes -= stream->request_bytes;
  self->late_frames += stream->owed + 1;  // chunks in flight, and an abort
  self->over.notify_all();
}

Status Session::open_stream(const Frame& frame) {
  if (frame.stream % 2 == 0 || frame.stream <= last_opened)
    return fail(Code::invalid, "the caller opened a stream with a number that is not its turn");
  if (streams.size() >= max_requests || open_bytes + frame.payload.size() > max_request_bytes)
    return fail(Code::invalid, "the caller has too many requests open");
  DEPLOYCTL_TRY(request, protocol::from_frame<protocol::pb::Request>(frame));
  last_opened = frame.stream;
  const auto stream = std::make_shared<Stream>(pipe, frame.stream, frame.payload.size());
  open_bytes += stream->request_bytes;
  streams.emplace(frame.stream, stream);
  asio::co_spawn(pipe->executor(), run_request(shared_from_this(), stream, std::move(request)), asio::detached);
  return {};
}

Status Session::take(Frame& frame) {
  if (frame.type == FrameType::request) return open_stream(frame);
  const auto at = streams.find(frame.stream);
  if (at == streams.end()) return take_late(frame);
  auto& stream = *at->second;
  if (frame.type == FrameType::abort) {
    DEPLOYCTL_TRY(abort, protocol::from_frame<protocol::pb::Abort>(frame));
    stream.give_up(with_context(protocol::to_error(abort), "the caller gave up"));
    return {};
  }
  if (frame.type != FrameType::chunk || stream.owed == 0)
    return fail(Code::invalid, "the caller sent a frame that nobody asked for");
  --stream.owed;
  stream.chunks.push_back(Chunk{frame.number, std::move(frame.payload)});
  stream.arrived.notify_all();
  return {};
}

// The stream has finished, and the caller could not know that yet. It may send only the frames that were outstanding.
Status Session::take_late(const Frame& frame) {
  if (frame.type == FrameType::hello) return fail(Code::invalid, "the caller sent a second hello");
  const bool could_be = frame.type == FrameType::chunk || frame.type == FrameType::abort;
  if (frame.stream % 2 == 0 || frame.stream > last_opened || !could_be || late_frames == 0)
    return fail(Code::invalid, "the caller sent a frame of a stream that is not open");
  --late_frames;
  return {};
}

protocol::pb::Hello our_hello(const SessionOptions& options) {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  protocol::pb::Hello hello;
  hello.set_version(protocol::protocol_version);
  hello.add_features(protocol::feature_packed);
  for (const auto& feature : options.features) hello.add_features(feature);
  hello.set_role(options.role);
  hello.set_program(options.program);
  hello.set_agent(options.agent.raw());
  hello.set_host_name(host);
  hello.set_boot_id(host::boot_id());
  hello.set_instance(options.instance);
  return hello;
}

Result<protocol::pb::Hello> read_hello(const Frame& frame) {
  if (frame.type != FrameType::hello) return fail(Code::invalid, "the caller began without a hello");
  if (frame.payload.size() > max_hello)
    return fail(Code::invalid, "the caller's hello is longer than " + std::to_string(max_hello) + " bytes");
  DEPLOYCTL_TRY(hello, protocol::from_frame<protocol::pb::Hello>(frame));
  if (hello.version() == protocol::protocol_version) return hello;
  return fail(Code::unsupported, "this agent speaks protocol " + std::to_string(protocol::protocol_version) +
                                     ", the caller (" + hello.program() + ") speaks " +
                                     std::to_string(hello.version()));
}

// Sends both in one write: a peer that has read the magic has the hello too.
awaitable<Status> introduce(io::ByteStream& stream, const SessionOptions& options) {
  DEPLOYCTL_CO_TRY(frame, protocol::to_frame(FrameType::hello, 0, our_hello(options)));
  const auto magic = as_bytes(protocol::magic);
  Bytes words(magic.begin(), magic.end());
  const Bytes hello = protocol::encode(frame);
  words.insert(words.end(), hello.begin(), hello.end());
  co_return co_await stream.write(words);
}

awaitable<Status> greet(Session& session) {
  DEPLOYCTL_CO_TRY(frame, co_await session.pipe->next());
  const auto hello = read_hello(frame);
  if (!hello) {
    session.post(FrameType::abort, 0, protocol::to_abort(hello.error()));
    co_return fail(hello.error());
  }
  if (protocol::knows(*hello, protocol::feature_packed)) session.pipe->begin_packing();
  co_return Status{};
}

awaitable<void> end(std::shared_ptr<Session> session, Error why) {
  for (const auto& [number, stream] : session->streams) stream->give_up(why);
  while (!session->streams.empty()) co_await session->over.wait();
  co_await session->service.ended();
}

}  // namespace

awaitable<Status> serve_session(std::unique_ptr<io::ByteStream> stream, Service& service, SessionOptions options) {
  DEPLOYCTL_CO_CHECK(co_await introduce(*stream, options));
  link::PipeOptions pipe_options{options.ping_every, options.silence};
  const auto pipe = link::FramePipe::start(std::move(stream), {}, pipe_options);
  const auto session = std::make_shared<Session>(pipe, service, options.max_requests);
  auto result = co_await greet(*session);
  while (result) {
    auto frame = co_await pipe->next();
    if (!frame) break;  // a session ends when the caller disconnects
    result = session->take(*frame);
    if (!result) session->post(FrameType::abort, 0, protocol::to_abort(result.error()));
  }
  co_await end(session, pipe->closed().value_or(error(Code::disconnected, "the session ended")));
  co_await pipe->drain();
  pipe->close(error(Code::cancelled, "the session ended"));
  co_return result;
}

}  // namespace deployctl::serve
