#include "core/link/agent_link.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <deque>
#include <map>
#include <set>

#include "core/io/deadline.hpp"
#include "core/link/allowance.hpp"
#include "core/link/frame_pipe.hpp"
#include "core/link/preamble.hpp"
#include "core/protocol/answers.hpp"

namespace deployctl::link {
namespace {

using protocol::Frame;
using protocol::FrameType;

constexpr std::size_t max_hello = 16 * 1024;
constexpr std::size_t max_ranges = 4096;  // requested and not yet sent

// Limits events and their bytes: for one call, or for all calls together that ended here and whose peer may not know
// yet.
struct EventAllowance {
  Allowance events{2048, 64};
  Allowance bytes{16.0 * 1024 * 1024, 1024 * 1024};
  bool take(const Frame& frame) {
    const auto now = io::now_steady();
    return events.take(1, now) && bytes.take(static_cast<double>(frame.payload.size()), now);
  }
};

struct Pending {
  explicit Pending(asio::any_io_executor executor, Call&& c) : call(std::move(c)), changed(std::move(executor)) {
    if (call.chunks) chunks_left = 2 * std::uint64_t{call.chunks->index().count()} + 64;
    allowance.events.add(static_cast<double>(call.more_events) + static_cast<double>(chunks_left));
  }
  Call call;
  io::Notifier changed;  // signals `outcome` and `wanted`
  std::optional<Result<protocol::pb::Reply>> outcome;
  std::deque<protocol::pb::Range> wanted;
  // Chunks that the peer may still request. A chunk may get lost on its disk, so all of them may be requested twice.
  std::uint64_t chunks_left = 0;
  EventAllowance allowance;
  bool feeding = false, attached = false;

  void end(Result<protocol::pb::Reply> result) {
    if (!outcome) outcome.emplace(std::move(result));
    changed.notify_all();
  }
};

}  // namespace

struct AgentLink::State : std::enable_shared_from_this<AgentLink::State> {
  LinkOptions options;
  std::shared_ptr<FramePipe> pipe;
  protocol::pb::Hello hello;
  std::map<std::uint32_t, std::shared_ptr<Pending>> calls;
  std::uint32_t next_stream = 1;
  // Streams that ended here and that the peer has not ended yet.
  std::set<std::uint32_t> given_up;
  EventAllowance late;  // limits the events of those streams

  template <class Message>
  void post(FrameType type, std::uint32_t stream, const Message& message) {
    if (auto frame = protocol::to_frame(type, stream, message)) pipe->post(*frame);
  }
  void abort(std::uint32_t stream, const Error& why) { post(FrameType::abort, stream, protocol::to_abort(why)); }

  static awaitable<void> read_all(std::shared_ptr<State> self);
  static awaitable<void> feed(std::shared_ptr<State> self, std::shared_ptr<Pending> pending, std::uint32_t stream);
  static awaitable<Result<protocol::pb::Reply>> await_reply(std::shared_ptr<Pending> pending);
  Status take(const Frame& frame);
  Status take_late(const Frame& frame);
  Status take_event(const std::shared_ptr<Pending>& pending, const Frame& frame);
  Status take_reply(const std::shared_ptr<Pending>& pending, const Frame& frame);
  void end_here(std::uint32_t stream, const std::shared_ptr<Pending>& pending, Error why);
  Status take_want(std::uint32_t stream, const std::shared_ptr<Pending>& pending, const Frame& frame);
};

namespace {

// To the caller, a peer that broke the protocol is a lost peer: Code::invalid would blame the caller's own input.
Error lost_link(Error why) {
  if (why.code == Code::invalid) why.code = Code::disconnected;
  return why;
}

protocol::pb::Hello our_hello(const LinkOptions& options) {
  protocol::pb::Hello hello;
  hello.set_version(protocol::protocol_version);
  hello.add_features(protocol::feature_attach_first);
  hello.set_role("caller");
  hello.set_program(options.program);
  if (options.packs) hello.add_features(protocol::feature_packed);
  return hello;
}

awaitable<Result<protocol::pb::Hello>> read_hello(std::shared_ptr<FramePipe> pipe) {
  DEPLOYCTL_CO_TRY(frame, co_await pipe->next());
  if (frame.type == FrameType::abort) {
    DEPLOYCTL_CO_TRY(abort, protocol::from_frame<protocol::pb::Abort>(frame));
    co_return fail(protocol::to_error(abort));
  }
  if (frame.type != FrameType::hello) co_return fail(Code::invalid, "the agent began without a hello");
  if (frame.payload.size() > max_hello)
    co_return fail(Code::invalid, "the agent's hello has " + std::to_string(frame.payload.size()) + " bytes, at most " +
                                      std::to_string(max_hello) + " are allowed");
  DEPLOYCTL_CO_TRY(hello, protocol::from_frame<protocol::pb::Hello>(frame));
  if (hello.version() != protocol::protocol_version)
    co_return fail(Code::unsupported, "the agent there (" + hello.program() + ") speaks protocol " +
                                          std::to_string(hello.version()) + ", this program speaks " +
                                          std::to_string(protocol::protocol_version));
  co_return hello;
}

struct Opened {
  std::shared_ptr<FramePipe> pipe;
  protocol::pb::Hello hello;
};

awaitable<Result<Opened>> shake_hands(std::unique_ptr<io::ByteStream> stream, LinkOptions options) {
  DEPLOYCTL_CO_TRY(early, co_await detail::await_magic(*stream, options));
  PipeOptions pipe_options{options.ping_every,
                           options.login.kept ? std::min(options.kept_silence, options.silence) : options.silence};
  Opened opened;
  opened.pipe = FramePipe::start(std::move(stream), early, pipe_options);
  if (auto frame = protocol::to_frame(FrameType::hello, 0, our_hello(options))) opened.pipe->post(*frame);
  auto hello = co_await read_hello(opened.pipe);
  if (!hello) {
    opened.pipe->close(hello.error());
    co_return fail(hello.error());
  }
  opened.hello = std::move(*hello);
  if (options.packs && protocol::knows(opened.hello, protocol::feature_packed)) opened.pipe->begin_packing();
  co_return opened;
}

}  // namespace

awaitable<Result<std::shared_ptr<AgentLink>>> AgentLink::open(std::unique_ptr<io::ByteStream> stream,
                                                              LinkOptions options) {
  const std::string name = options.name;
  const Duration most = options.hello_timeout;
  auto state = std::make_shared<State>();
  state->options = options;
  auto opened = co_await io::with_deadline(shake_hands(std::move(stream), std::move(options)), most,
                                           "waiting for the agent's hello");
  if (!opened) {
    Error why = opened.error();
    if (why.code == Code::invalid) why.code = Code::unreachable;  // the peer is not a deployctl agent
    co_return fail(with_context(std::move(why), name));
  }
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
    const auto taken = self->take(*frame);
    if (taken) continue;
    const bool its_own_end = frame->stream == 0 && frame->type == FrameType::abort;
    self->pipe->close(its_own_end ? taken.error() : with_context(taken.error(), "protocol error"));
  }
  const auto calls = std::move(self->calls);
  self->calls.clear();
  for (const auto& [stream, pending] : calls) pending->end(fail(lost_link(*self->pipe->closed())));
}

Status AgentLink::State::take(const Frame& frame) {
  if (frame.type == FrameType::hello) return fail(Code::invalid, "the agent sent a second hello");
  if (frame.type == FrameType::request || frame.type == FrameType::chunk)
    return fail(Code::invalid, "the agent sent a frame that is the caller's alone");
  if (frame.stream == 0 && frame.type == FrameType::abort) {
    DEPLOYCTL_TRY(abort, protocol::from_frame<protocol::pb::Abort>(frame));
    return fail(protocol::to_error(abort));
  }
  const auto at = calls.find(frame.stream);
  if (at == calls.end()) return take_late(frame);
  const auto pending = at->second;
  switch (frame.type) {
    case FrameType::event:
      return take_event(pending, frame);
    case FrameType::reply:
      return take_reply(pending, frame);
    case FrameType::abort: {
      DEPLOYCTL_TRY(abort, protocol::from_frame<protocol::pb::Abort>(frame));
      calls.erase(at);
      pending->end(fail(protocol::to_error(abort)));
      return {};
    }
    default:
      return take_want(frame.stream, pending, frame);
  }
}

// Drops frames of a stream that ended here, because the peer could not know yet. A frame of a stream that the peer
// ended, or that was never opened, is a protocol error.
Status AgentLink::State::take_late(const Frame& frame) {
  if (!given_up.contains(frame.stream))
    return fail(Code::invalid, "the agent answers on stream " + std::to_string(frame.stream) + ", which is not open");
  if (frame.type == FrameType::reply || frame.type == FrameType::abort)
    given_up.erase(frame.stream);
  else if (!late.take(frame))
    return fail(Code::invalid, "the agent goes on with requests that were given up");
  return {};
}

Status AgentLink::State::take_event(const std::shared_ptr<Pending>& pending, const Frame& frame) {
  DEPLOYCTL_TRY(event, protocol::from_frame<protocol::pb::Event>(frame));
  pipe->set_silence(options.silence);
  const auto& request = pending->call.request;
  if (!pending->allowance.take(frame)) {
    end_here(
        frame.stream, pending,
        error(Code::unreachable, std::string("more events than the request '") + protocol::name_of(request) + "' has"));
  } else if (event.has_attached() && (!request.has_attach_first() || std::exchange(pending->attached, true))) {
    end_here(frame.stream, pending, error(Code::unreachable, "a target was attached that nothing asked for"));
  } else if (pending->call.on_event) {
    pending->call.on_event(event);
  }
  return {};
}

Status AgentLink::State::take_reply(const std::shared_ptr<Pending>& pending, const Frame& frame) {
  DEPLOYCTL_TRY(reply, protocol::from_frame<protocol::pb::Reply>(frame));
  pipe->set_silence(options.silence);
  calls.erase(frame.stream);
  const auto fits = protocol::check_answer(pending->call.request, reply);
  if (fits)
    pending->end(std::move(reply));
  else
    pending->end(fail(fits.error()));
  return {};
}

void AgentLink::State::end_here(std::uint32_t stream, const std::shared_ptr<Pending>& pending, Error why) {
  if (!calls.erase(stream)) return;
  given_up.insert(stream);
  abort(stream, error(Code::cancelled, why.message));
  pending->end(fail(std::move(why)));
}

Status AgentLink::State::take_want(std::uint32_t stream, const std::shared_ptr<Pending>& pending, const Frame& frame) {
  DEPLOYCTL_TRY(want, protocol::from_frame<protocol::pb::Want>(frame));
  if (!pending->call.chunks) return fail(Code::invalid, "the agent asked for chunks on a stream that has none");
  const std::uint64_t count = pending->call.chunks->index().count();
  for (const auto& range : want.ranges()) {
    if (range.count() == 0 || std::uint64_t{range.first()} + range.count() > count ||
        pending->wanted.size() > max_ranges)
      return fail(Code::invalid, "the agent asked for chunks that the payload does not have");
    if (range.count() > pending->chunks_left)
      return fail(Code::invalid, "the agent asked for the same chunks again and again");
    pending->chunks_left -= range.count();
    pending->wanted.push_back(range);
  }
  pending->changed.notify_all();
  if (pending->feeding) return {};
  pending->feeding = true;
  asio::co_spawn(pipe->executor(), feed(shared_from_this(), pending, stream), asio::detached);
  return {};
}

// Sends the requested chunks until the call ends. The pipe's bounded queue lets frames of other calls pass between
// chunks.
awaitable<void> AgentLink::State::feed(std::shared_ptr<State> self, std::shared_ptr<Pending> pending,
                                       std::uint32_t stream) {
  while (!pending->outcome && !self->pipe->closed()) {
    if (pending->wanted.empty()) {
      co_await pending->changed.wait();
      continue;
    }
    auto& range = pending->wanted.front();
    const auto number = range.first();
    if (range.count() == 1)
      pending->wanted.pop_front();
    else
      range.set_first(number + 1), range.set_count(range.count() - 1);
    auto bytes = co_await pending->call.chunks->read(number);
    if (!bytes) {
      self->end_here(stream, pending, bytes.error());
      break;
    }
    Frame frame{FrameType::chunk, stream, number, std::move(*bytes)};
    const auto sent = co_await self->pipe->send(std::move(frame));  // g++ 12: never in the condition
    if (!sent) break;
  }
}

awaitable<Result<protocol::pb::Reply>> AgentLink::State::await_reply(std::shared_ptr<Pending> pending) {
  while (!pending->outcome) co_await pending->changed.wait();
  co_return *pending->outcome;
}

awaitable<Result<protocol::pb::Reply>> AgentLink::call(Call call) {
  const auto state = state_;
  const std::string what = protocol::name_of(call.request);
  if (state->pipe->closed()) co_return fail(with_context(lost_link(*state->pipe->closed()), state->options.name));
  const auto stream = state->next_stream;
  state->next_stream += 2;
  const auto deadline = call.deadline;
  DEPLOYCTL_CO_TRY(frame, protocol::to_frame(FrameType::request, stream, call.request));
  const auto pending = std::make_shared<Pending>(state->pipe->executor(), std::move(call));
  state->calls.emplace(stream, pending);
  // An early exit (deadline, cancellation) must abort the stream on the agent and free it here.
  struct Guard {
    std::shared_ptr<State> state;
    std::shared_ptr<Pending> pending;
    std::uint32_t stream;
    ~Guard() {
      state->end_here(stream, pending, error(Code::cancelled, "the caller gave up"));
      pending->end(fail(Code::cancelled, "the caller gave up"));
    }
  } guard{state, pending, stream};
  state->pipe->post(frame);
  auto reply = co_await io::with_deadline(State::await_reply(pending), deadline, what);
  if (!reply) co_return fail(with_context(reply.error(), state->options.name));
  co_return std::move(*reply);
}

const protocol::pb::Hello& AgentLink::peer() const { return state_->hello; }
const std::string& AgentLink::name() const { return state_->options.name; }
const LoginTimes& AgentLink::login() const { return state_->options.login; }
bool AgentLink::closed() const { return state_->pipe->closed().has_value(); }
Error AgentLink::why_closed() const {
  return state_->pipe->closed().value_or(error(Code::internal, "the link is open"));
}
bool AgentLink::fell_silent() const { return state_->pipe->fell_silent(); }
std::uint64_t AgentLink::sent() const { return state_->pipe->sent(); }
void AgentLink::close() { state_->pipe->close(error(Code::cancelled, "the link was closed")); }

}  // namespace deployctl::link
