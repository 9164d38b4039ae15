// A TCP connection as a ByteStream. IP literals are used as they are; names are resolved with `getent ahosts NAME`,
// because a static program can't load what getaddrinfo needs. The addresses of a name are tried in turn within the
// timeout. TCP_NODELAY is set; keepalive and TCP_USER_TIMEOUT detect a vanished peer within a minute.
//
// Errors: Code::unreachable with the reason (no such name, connection refused, no route, timed out), Code::invalid for
// a port outside 1 to 65535, and local failures, such as getent that can't be started, with their own code.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/io/byte_stream.hpp"

namespace deployctl::net {

// Call from a coroutine on `executor` (one strand), which also becomes the stream's executor.
io::awaitable<Result<std::unique_ptr<io::ByteStream>>> connect_tcp(asio::any_io_executor executor, std::string host,
                                                                   unsigned port, Duration timeout);

// The distinct addresses in the output of `getent ahosts`, in order.
std::vector<std::string> addresses_in(const std::string& listing);

}  // namespace deployctl::net
