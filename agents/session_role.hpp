// Runs a Service on stdin and stdout until its caller disconnects: the one loop that all session roles share. Blocking;
// one thread for the io_context.
#pragma once

#include <asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "agents/serve/session.hpp"
#include "agents/session_stdio.hpp"

namespace deployctl::agents {

// The service lives on the session's strand.
using MakeService = std::function<Result<std::unique_ptr<serve::Service>>(asio::any_io_executor)>;

// Exit code: 0 if the caller ended the session, 1 if it broke (the reason is on stderr), 2 if it could not begin.
int run_session(const std::string& role, SessionStdio stdio, const MakeService& make);
int report_error(const std::string& role, const Error& why, int exit_code);  // on stderr
serve::SessionOptions session_options(const std::string& role);

// Our own binary: its path if the file still exists, otherwise /proc/self/exe, which works even after it was deleted.
std::string self_exe();
// The sha256 of our binary; an installed agent is named after it.
Digest own_digest();
std::string home_folder();

}  // namespace deployctl::agents
