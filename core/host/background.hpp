// A background process that serves other processes of the same user over a Unix socket. The first process that needs it
// starts it, later ones connect to it, and it exits when it has been idle for a while.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <functional>
#include <string>
#include <vector>

#include "core/base/duration.hpp"
#include "core/host/rendezvous.hpp"

namespace asio {
class io_context;
}

namespace deployctl::host {

// Connects to the background process. If none is listening, starts `argv` in a new session, with the listening socket
// as its standard input and the claim as its standard output; the new process serves with serve_in_background(). It
// inherits only the environment that logins need (HOME, PATH, SSH_AUTH_SOCK and the like). Code::locked: another
// process is starting it, or a previous one is about to exit; retry shortly. Blocks briefly.
Result<io::Fd> connect_background(const Rendezvous& at, const std::vector<std::string>& argv);

// The server side, called first in the new process. Takes over the standard descriptors and runs `serve` in a coroutine
// for each connection. Returns when no connection has been served for `idle`, or when there is none and `path` was
// removed or replaced, so that no client could find it. A client that connects meanwhile sees the connection close
// unserved. Work left on the context is abandoned; the caller exits the process.
using Serve = std::function<asio::awaitable<void>(io::Fd connection)>;
// `busy`: returns true while the process is needed although it has no connection; polled once a second.
Status serve_in_background(asio::io_context& context, const std::string& path, Serve serve, Duration idle,
                           std::function<bool()> busy = {});

}  // namespace deployctl::host
