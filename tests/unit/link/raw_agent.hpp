// An agent that sends whatever a test says, over a real socket pair, to a real AgentLink: it says its magic and hello,
// then its script. What it is sent is read and dropped.
#pragma once

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "core/io/stream_pair.hpp"
#include "core/link/agent_link.hpp"
#include "core/link/packer.hpp"
#include "core/protocol/messages.hpp"
#include "tests/support/virtual_time.hpp"

namespace deployctl::testing {

using asio::awaitable;
using protocol::Frame;
using protocol::FrameType;

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline Bytes as_bytes_copy(std::string_view text) {
  const auto bytes = as_bytes(text);
  return Bytes(bytes.begin(), bytes.end());
}

inline Bytes times(std::size_t n, const Bytes& one) {
  Bytes all;
  all.reserve(n * one.size());
  for (std::size_t i = 0; i < n; ++i) all.insert(all.end(), one.begin(), one.end());
  return all;
}

template <class Message>
Bytes frame(FrameType type, std::uint32_t stream, const Message& message) {
  return protocol::encode(*protocol::to_frame(type, stream, message));
}

inline Bytes raw_frame(FrameType type, std::uint32_t stream, Bytes payload = {}) {
  return protocol::encode(Frame{type, stream, 0, std::move(payload)});
}

inline Bytes hello(std::size_t padding = 0) {
  protocol::pb::Hello hello;
  hello.set_version(protocol::protocol_version);
  hello.set_role("relay");
  hello.set_program("raw" + std::string(padding, 'x'));
  hello.add_features(protocol::feature_packed);
  hello.add_features(protocol::feature_attach_first);
  return frame(FrameType::hello, 0, hello);
}

inline Bytes introduction() {
  const auto magic = as_bytes(protocol::magic);
  return Bytes(magic.begin(), magic.end()) + hello();
}

inline protocol::pb::Event progress(std::uint64_t received) {
  protocol::pb::Event event;
  event.mutable_progress()->set_received(received);
  return event;
}

class RawAgent : public std::enable_shared_from_this<RawAgent> {
 public:
  explicit RawAgent(std::unique_ptr<io::ByteStream> s) : stream_(std::move(s)) {}

  // Writes all of it, or as much as is taken before the other side closes.
  awaitable<void> say(Bytes bytes) {
    const auto written = co_await stream_->write(bytes);
    open_ = open_ && written;
  }
  // Again and again, until the other side closes.
  awaitable<void> say_without_end(std::function<Bytes()> next) {
    while (open_) co_await say(next());
  }
  // Waits for the caller's hello and one request, and answers nothing.
  awaitable<void> read_request() {
    protocol::FrameDecoder decoder;
    Bytes part(4096);
    for (;;) {
      const auto n = co_await stream_->read_some(part);
      if (!n || *n == 0) co_return;
      decoder.feed(BytesView(part).first(*n));
      for (auto got = decoder.next(); got && *got; got = decoder.next())
        if ((*got)->type == FrameType::request) co_return;
    }
  }
  awaitable<void> read_to_the_end() {
    Bytes part(4096);
    for (;;) {
      const auto n = co_await stream_->read_some(part);
      if (!n || *n == 0) break;
    }
  }
  bool open() const { return open_; }

 private:
  std::unique_ptr<io::ByteStream> stream_;
  bool open_ = true;
};

// As run_async(), but time passes only when nothing else is left to do: twenty seconds of silence take a moment.
template <class T>
T run_without_waiting(awaitable<T> work) {
  VirtualTime time;
  asio::io_context context(1);
  std::optional<T> value;
  std::exception_ptr failure;
  asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown, T result) {
    failure = thrown;
    if (!thrown) value.emplace(std::move(result));
  });
  (void)time.run(context, std::chrono::hours(24));
  if (failure) std::rethrow_exception(failure);
  if (!value) throw std::logic_error("the awaitable never ended");
  return std::move(*value);
}

using Script = std::function<awaitable<void>(std::shared_ptr<RawAgent>)>;

// A link to an agent that follows the script. The agent's end stays open until the link's is closed. Give it options
// with a name: g++ 12 destroys an unnamed aggregate in a co_await expression twice.
inline awaitable<Result<std::shared_ptr<link::AgentLink>>> link_to(Script script, link::LinkOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  auto pair = io::make_stream_pair(executor);
  const auto agent = std::make_shared<RawAgent>(std::move(pair->second));
  const auto run = [](std::shared_ptr<RawAgent> a, Script s) -> awaitable<void> {
    co_await s(a);
    co_await a->read_to_the_end();
  };
  asio::co_spawn(executor, run(agent, std::move(script)), asio::detached);
  if (options.name.empty()) options.name = "relay-1";
  co_return co_await link::AgentLink::open(std::move(pair->first), std::move(options));
}

}  // namespace deployctl::testing
