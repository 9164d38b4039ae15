#include "agents/session_stdio.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace deployctl::agents {
namespace {

bool is_plain_file(int fd) {
  struct stat st {};
  return ::fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

}  // namespace

void fill_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd)
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF)
      (void)::open("/dev/null", O_RDWR);  // takes the lowest free number: fd
}

Result<SessionStdio> take_session_stdio() {
  if (::isatty(STDIN_FILENO) || ::isatty(STDOUT_FILENO))
    return fail(with_hint(error(Code::invalid,
                                "this is the far end of deployctl: it speaks its protocol on stdin and stdout, "
                                "which are a terminal here"),
                          "run deployctl instead; it starts the agents by itself, over ssh"));
  if (is_plain_file(STDIN_FILENO) || is_plain_file(STDOUT_FILENO))
    return fail(Code::invalid, "stdin and stdout must be pipes or sockets, not files");
  DEPLOYCTL_TRY(in, io::duplicate(STDIN_FILENO));
  DEPLOYCTL_TRY(out, io::duplicate(STDOUT_FILENO));
  DEPLOYCTL_TRY(null, io::open_fd("/dev/null", O_RDONLY));
  if (::dup2(null.get(), STDIN_FILENO) < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
    return fail(os_error(errno, "set up the standard descriptors"));
  return SessionStdio{std::move(in), std::move(out)};
}

}  // namespace deployctl::agents
