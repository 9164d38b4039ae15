// A process in the background that serves its user's other processes over a Unix socket: started by whoever needs it
// first, found by the others, gone when nobody has needed it for a while.
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

// A connection to it. Where none listens `argv` is started, in a session of its own, with the listening socket as its
// standard input and the claim on its place as its standard output, and serves by serve_in_background(). Of our
// environment it gets what logins need (HOME, PATH, SSH_AUTH_SOCK and the like). Code::locked: another process is about
// to start it, or it is about to end: try again soon. Blocking, for a moment.
Result<io::Fd> connect_background(const Rendezvous& at, const std::vector<std::string>& argv);

// The other side, called first thing in the process that was started: takes its standard descriptors for what they are,
// calls `serve` for each connection, in a coroutine of its own, and returns when none has been served for `idle`, or
// when there is none and `path` is another's or gone, so that nobody could find it. Whoever connects meanwhile sees the
// connection close unserved. What is still on the context then is the caller's to leave: it ends the process.
using Serve = std::function<asio::awaitable<void>(io::Fd connection)>;
// `busy`: it is needed although nobody calls; asked once a second.
Status serve_in_background(asio::io_context& context, const std::string& path, Serve serve, Duration idle,
                           std::function<bool()> busy = {});

}  // namespace deployctl::host
