// deployctl: the program at the terminal and in CI. All that it does is in cli/commands.
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>

#include "cli/commands/all_commands.hpp"
#include "cli/commands/command_line.hpp"
#include "cli/session/connection_cache.hpp"
#include "cli/session/interrupt.hpp"

namespace {

bool reader_is_gone() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

// An answer that could not be written is not given: a full disk behind stdout makes success a failure. A reader that
// went away (head) has what it wanted.
int after_output(int code) {
  errno = 0;
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return code;
  // Only the stream's flag is left of a write that failed before; its errno isn't.
  const int why = errno;
  if (code != 0 || why == EPIPE || reader_is_gone()) return code;
  std::fprintf(stderr, "deployctl: write the answer: %s\n",
               why ? std::strerror(why) : "a part of it could not be written");
  return deployctl::cli::exit_codes::internal;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace deployctl::cli;
  std::signal(SIGPIPE, SIG_IGN);
  if (argc == 3 && std::strcmp(argv[1], keep_links_word) == 0) return keep_links(argv[2]);
  Interrupt::install();
  try {
    return after_output(run_command_line({argv + (argc > 0 ? 1 : 0), argv + argc}, all_commands(), {}));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "deployctl: internal error: %s\n  this is a bug in deployctl: please report it\n", e.what());
    return exit_codes::internal;
  }
}
