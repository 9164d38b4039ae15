// A Service on stdin and stdout to its caller's end: the one loop that all session roles share. Blocking; one thread
// for the io_context.
#pragma once

#include <asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "agents/serve/session.hpp"
#include "agents/session_stdio.hpp"

namespace deployctl::agents {

// Lives on the session's strand.
using MakeService = std::function<Result<std::unique_ptr<serve::Service>>(asio::any_io_executor)>;

// Exit code: 0 the caller ended the session, 1 it broke (stderr says how), 2 it could not begin.
int run_session(const std::string& role, SessionStdio stdio, const MakeService& make);
int report_error(const std::string& role, const Error& why, int exit_code);  // on stderr
serve::SessionOptions session_options(const std::string& role);

// Our own binary: its path while that is still there, else /proc/self/exe, which works even when it was deleted.
std::string self_exe();
// Its sha256; an installed agent is named for it.
Digest own_digest();
std::string home_folder();

}  // namespace deployctl::agents
