// A TCP connection as a ByteStream. IP literals are used as they are; a name is resolved by `getent ahosts NAME`, since
// a static program can't load what getaddrinfo needs. Each address of a name is tried in turn within the time given.
// TCP_NODELAY is set; keepalive and TCP_USER_TIMEOUT find a peer that vanished within a minute.
//
// Every failure is Code::unreachable and says which: no such name, connection refused, no route, timed out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/io/byte_stream.hpp"

namespace deployctl::net {

// Call from a coroutine on `executor` (one strand), which becomes the stream's.
io::awaitable<Result<std::unique_ptr<io::ByteStream>>> connect_tcp(asio::any_io_executor executor, std::string host,
                                                                   unsigned port, Duration timeout);

// The addresses in a listing of `getent ahosts`, each once, in order.
std::vector<std::string> addresses_in(const std::string& listing);

}  // namespace deployctl::net
