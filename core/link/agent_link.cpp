#include "core/link/agent_link.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <deque>
#include <map>

#include "core/io/deadline.hpp"
#include "core/link/frame_pipe.hpp"
#include "core/link/preamble.hpp"

namespace deployctl::link {
namespace {

using wire::Frame;
using wire::FrameType;

struct Pending {
  explicit Pending(asio::any_io_executor executor, Call&& c) : call(std::move(c)), changed(std::move(executor)) {}
  Call call;
  io::Notifier changed;  // `outcome`, or `wanted`
  std::optional<Result<wire::pb::Reply>> outcome;
  std::deque<wire::pb::Range> wanted;
  bool feeding = false;

  void end(Result<wire::pb::Reply> result) {
    if (!outcome) outcome.emplace(std::move(result));
    changed.notify_all();
  }
};

}  // namespace

struct AgentLink::State : std::enable_shared_from_this<AgentLink::State> {
  LinkOptions options;
  std::shared_ptr<FramePipe> pipe;
  wire::pb::Hello hello;
  std::map<std::uint32_t, std::shared_ptr<Pending>> calls;
  std::uint32_t next_stream = 1;

  template <class Message>
  void post(FrameType type, std::uint32_t stream, const Message& message) {
    if (auto frame = wire::to_frame(type, stream, message)) pipe->post(*frame);
  }
  void abort(std::uint32_t stream, const Error& why) { post(FrameType::abort, stream, wire::to_abort(why)); }

  static awaitable<void> read_all(std::shared_ptr<State> self);
  static awaitable<void> feed(std::shared_ptr<State> self, std::shared_ptr<Pending> pending, std::uint32_t stream);
  static awaitable<Result<wire::pb::Reply>> await_reply(std::shared_ptr<Pending> pending);
  Status take(const Frame& frame);
  Status take_want(std::uint32_t stream, const std::shared_ptr<Pending>& pending, const Frame& frame);
};

namespace {

wire::pb::Hello our_hello(const LinkOptions& options) {
  wire::pb::Hello hello;
  hello.set_version(wire::protocol_version);
  hello.add_features(wire::feature_attach_first);
  hello.set_role("caller");
  hello.set_program(options.program);
  if (options.packs) hello.add_features(wire::feature_packed);
  return hello;
}

awaitable<Result<wire::pb::Hello>> read_hello(std::shared_ptr<FramePipe> pipe) {
  DEPLOYCTL_CO_TRY(frame, co_await pipe->next());
  if (frame.type == FrameType::abort) {
    DEPLOYCTL_CO_TRY(abort, wire::from_frame<wire::pb::Abort>(frame));
    co_return fail(wire::to_error(abort));
  }
  if (frame.type != FrameType::hello) co_return fail(Code::invalid, "the agent began without a hello");
  DEPLOYCTL_CO_TRY(hello, wire::from_frame<wire::pb::Hello>(frame));
  if (hello.version() != wire::protocol_version)
    co_return fail(Code::unsupported, "the agent there (" + hello.program() + ") speaks protocol " +
                                          std::to_string(hello.version()) + ", this program speaks " +
                                          std::to_string(wire::protocol_version));
  co_return hello;
}

struct Opened {
  std::shared_ptr<FramePipe> pipe;
  wire::pb::Hello hello;
};

awaitable<Result<Opened>> shake_hands(std::unique_ptr<io::ByteStream> stream, LinkOptions options) {
  DEPLOYCTL_CO_TRY(early, co_await detail::await_magic(*stream, options));
  PipeOptions pipe_options{options.ping_every, options.silence};
  Opened opened;
  opened.pipe = FramePipe::start(std::move(stream), early, pipe_options);
  if (auto frame = wire::to_frame(FrameType::hello, 0, our_hello(options))) opened.pipe->post(*frame);
  auto hello = co_await read_hello(opened.pipe);
  if (!hello) {
    opened.pipe->close(hello.error());
    co_return fail(hello.error());
  }
  opened.hello = std::move(*hello);
  if (options.packs && wire::knows(opened.hello, wire::feature_packed)) opened.pipe->begin_packing();
  co_return opened;
}

}  // namespace

awaitable<Result<std::shared_ptr<AgentLink>>> AgentLink::open(std::unique_ptr<io::ByteStream> stream, LinkOptions options) {
  const std::string name = options.name;
  const Duration most = options.hello_timeout;
  auto state = std::make_shared<State>();
  state->options = options;
  auto opened = co_await io::with_deadline(shake_hands(std::move(stream), std::move(options)), most, "waiting for the agent's hello");
  if (!opened) co_return fail(with_context(opened.error(), name));
  state->pipe = opened->pipe;
  state->hello = opened->hello;
  asio::co_spawn(state->pipe->executor(), State::read_all(state), asio::detached);
  co_return std::make_shared<AgentLink>(state);
}

AgentLink::AgentLink(std::shared_ptr<State> state) : state_(std::move(state)) {}
AgentLink::~AgentLink() { close(); }

awaitable<void> AgentLink::State::read_all(std::shared_ptr<State> self) {
  for (;;) {
    auto frame = co_await self->pipe->next();
    if (!frame) break;
    if (auto taken = self->take(*frame); !taken) self->pipe->close(taken.error());
  }
  const auto calls = std::move(self->calls);
  self->calls.clear();
  for (const auto& [stream, pending] : calls) pending->end(fail(*self->pipe->closed()));
}

// A frame of a stream that is over is dropped: the peer could not know yet.
Status AgentLink::State::take(const Frame& frame) {
  if (frame.stream == 0 && frame.type == FrameType::abort) {
    DEPLOYCTL_TRY(abort, wire::from_frame<wire::pb::Abort>(frame));
    return fail(wire::to_error(abort));
  }
  const auto at = calls.find(frame.stream);
  if (at == calls.end()) return {};
  const auto pending = at->second;
  switch (frame.type) {
    case FrameType::event: {
      DEPLOYCTL_TRY(event, wire::from_frame<wire::pb::Event>(frame));
      if (pending->call.on_event) pending->call.on_event(event);
      return {};
    }
    case FrameType::reply: {
      DEPLOYCTL_TRY(reply, wire::from_frame<wire::pb::Reply>(frame));
      calls.erase(at);
      pending->end(std::move(reply));
      return {};
    }
    case FrameType::abort: {
      DEPLOYCTL_TRY(abort, wire::from_frame<wire::pb::Abort>(frame));
      calls.erase(at);
      pending->end(fail(wire::to_error(abort)));
      return {};
    }
    case FrameType::want: return take_want(frame.stream, pending, frame);
    default: return fail(Code::invalid, "the agent sent a frame that is the caller's alone");
  }
}

Status AgentLink::State::take_want(std::uint32_t stream, const std::shared_ptr<Pending>& pending, const Frame& frame) {
  DEPLOYCTL_TRY(want, wire::from_frame<wire::pb::Want>(frame));
  if (!pending->call.chunks) return fail(Code::invalid, "the agent asked for chunks on a stream that has none");
  const std::uint64_t count = pending->call.chunks->index().count();
  for (const auto& range : want.ranges()) {
    if (range.count() == 0 || std::uint64_t{range.first()} + range.count() > count || pending->wanted.size() > 4096)
      return fail(Code::invalid, "the agent asked for chunks that the payload does not have");
    pending->wanted.push_back(range);
  }
  pending->changed.notify_all();
  if (pending->feeding) return {};
  pending->feeding = true;
  asio::co_spawn(pipe->executor(), feed(shared_from_this(), pending, stream), asio::detached);
  return {};
}

// Sends what is wanted until the call is over. The pipe's bounded queue lets other calls' frames between the chunks.
awaitable<void> AgentLink::State::feed(std::shared_ptr<State> self, std::shared_ptr<Pending> pending, std::uint32_t stream) {
  while (!pending->outcome && !self->pipe->closed()) {
    if (pending->wanted.empty()) {
      co_await pending->changed.wait();
      continue;
    }
    auto& range = pending->wanted.front();
    const auto number = range.first();
    if (range.count() == 1) pending->wanted.pop_front();
    else range.set_first(number + 1), range.set_count(range.count() - 1);
    auto bytes = co_await pending->call.chunks->read(number);
    if (!bytes) {
      self->abort(stream, bytes.error());
      self->calls.erase(stream);
      pending->end(fail(bytes.error()));
      break;
    }
    Frame frame{FrameType::chunk, stream, number, std::move(*bytes)};
    const auto sent = co_await self->pipe->send(std::move(frame));  // g++ 12: never in the condition
    if (!sent) break;
  }
}

awaitable<Result<wire::pb::Reply>> AgentLink::State::await_reply(std::shared_ptr<Pending> pending) {
  while (!pending->outcome) co_await pending->changed.wait();
  co_return *pending->outcome;
}

awaitable<Result<wire::pb::Reply>> AgentLink::call(Call call) {
  const auto state = state_;
  const std::string what = wire::name_of(call.request);
  if (state->pipe->closed()) co_return fail(with_context(*state->pipe->closed(), state->options.name));
  const auto stream = state->next_stream;
  state->next_stream += 2;
  const auto deadline = call.deadline;
  DEPLOYCTL_CO_TRY(frame, wire::to_frame(FrameType::request, stream, call.request));
  const auto pending = std::make_shared<Pending>(state->pipe->executor(), std::move(call));
  state->calls.emplace(stream, pending);
  // Leaving early (deadline, cancelled) must tell the agent and free the stream.
  struct Guard {
    std::shared_ptr<State> state;
    std::shared_ptr<Pending> pending;
    std::uint32_t stream;
    ~Guard() {
      if (state->calls.erase(stream)) state->abort(stream, error(Code::cancelled, "the caller gave up"));
      pending->end(fail(Code::cancelled, "the caller gave up"));
    }
  } guard{state, pending, stream};
  state->pipe->post(frame);
  auto reply = co_await io::with_deadline(State::await_reply(pending), deadline, what);
  if (!reply) co_return fail(with_context(reply.error(), state->options.name));
  co_return std::move(*reply);
}

const wire::pb::Hello& AgentLink::peer() const { return state_->hello; }
const std::string& AgentLink::name() const { return state_->options.name; }
const LoginTimes& AgentLink::login() const { return state_->options.login; }
bool AgentLink::closed() const { return state_->pipe->closed().has_value(); }
Error AgentLink::why_closed() const { return state_->pipe->closed().value_or(error(Code::internal, "the link is open")); }
std::uint64_t AgentLink::sent() const { return state_->pipe->sent(); }
void AgentLink::close() { state_->pipe->close(error(Code::cancelled, "the link was closed")); }

}  // namespace deployctl::link
