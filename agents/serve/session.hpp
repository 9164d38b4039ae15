// The agent's side of a link: magic, hellos, then requests until the caller disconnects. Each request is served in its
// own coroutine; pings are answered; 20 s without any data count as a disconnect. Returns when every request has
// finished and service.ended() has returned.
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
  std::vector<std::string> features = {};  // in addition to those of every session
  Duration ping_every{std::chrono::seconds(5)};
  Duration silence{std::chrono::seconds(20)};
  std::size_t max_requests = 100'000;  // open at once: a relay's targets, and a few for each
};

awaitable<Status> serve_session(std::unique_ptr<io::ByteStream> stream, Service& service, SessionOptions options);

// Pulls a whole payload over an exchange, with at most `outstanding` chunks requested and not received. Passes each
// chunk to `sink` in order, verified against the index. A wrong chunk is Code::verification.
awaitable<Status> pull(Exchange& exchange, const payload::Index& index, std::uint32_t outstanding,
                       std::function<awaitable<Status>(std::uint32_t number, Bytes chunk)> sink);

}  // namespace deployctl::serve
