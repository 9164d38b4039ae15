// The agent's side of a link: magic, hellos, then requests until the caller's end. Each request is served in a
// coroutine of its own; pings are answered; nothing heard for 20 s counts as the caller's end. Returns when every
// request is over and service.ended() has returned.
#pragma once

#include <functional>
#include <memory>

#include "agents/serve/service.hpp"
#include "core/base/duration.hpp"
#include "core/io/byte_stream.hpp"

namespace deployctl::serve {

struct SessionOptions {
  std::string role;  // "relay", "target"
  std::string program;
  Digest agent;                            // sha256 of our own binary
  std::string instance = {};               // Hello.instance
  std::vector<std::string> features = {};  // beside those that every session has
  Duration ping_every{std::chrono::seconds(5)};
  Duration silence{std::chrono::seconds(20)};
  std::size_t max_requests = 100'000;  // open at once: a relay's targets, and a few for each
};

awaitable<Status> serve_session(std::unique_ptr<io::ByteStream> stream, Service& service, SessionOptions options);

// Pulls a whole payload over an exchange with at most `outstanding` chunks asked for and not yet here; gives each
// chunk, verified against the index, to `sink` in order. A wrong chunk is Code::verification.
awaitable<Status> pull(Exchange& exchange, const payload::Index& index, std::uint32_t outstanding,
                       std::function<awaitable<Status>(std::uint32_t number, Bytes chunk)> sink);

}  // namespace deployctl::serve
