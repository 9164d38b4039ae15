#include "tests/support/terminal.hpp"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

namespace deployctl::testing {
namespace {

constexpr std::chrono::minutes patience{1};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (auto& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Terminal::Terminal(std::vector<std::string> argv, const std::string& cwd, std::vector<std::string> env, Size size) {
  winsize window{};
  window.ws_col = size.columns;
  window.ws_row = size.rows;
  auto words = pointers(argv);
  auto variables = pointers(env);
  pid_ = ::forkpty(&fd_, nullptr, nullptr, &window);
  if (pid_ < 0) throw std::runtime_error("forkpty failed");
  if (pid_ > 0) return;
  if (::chdir(cwd.c_str()) == 0) ::execve(words[0], words.data(), variables.data());
  ::_exit(127);
}

Terminal::~Terminal() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (fd_ >= 0) ::close(fd_);
}

bool Terminal::read_more(int timeout_ms) {
  pollfd entry{fd_, POLLIN, 0};
  if (::poll(&entry, 1, timeout_ms) <= 0) return true;
  char buffer[4096];
  const auto n = ::read(fd_, buffer, sizeof buffer);
  if (n <= 0) return false;  // EIO: its last process has closed it
  shown_.append(buffer, static_cast<std::size_t>(n));
  return true;
}

void Terminal::wait_for(const std::string& text) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (shown_.find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() > until || !read_more(1000))
      throw std::runtime_error("never showed '" + text + "' but: " + shown_);
  }
}

void Terminal::type(const std::string& keys) {
  if (::write(fd_, keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
    throw std::runtime_error("the terminal takes no keys");
}

void Terminal::signal(int number) { ::kill(pid_, number); }

int Terminal::wait() {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (read_more(1000))
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("never ended; it showed: " + shown_);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string screen_after(const std::string& bytes) {
  std::vector<std::string> rows(1);
  std::size_t row = 0, column = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (c == '\r') {
      column = 0;
    } else if (c == '\n') {
      if (++row == rows.size()) rows.emplace_back();
    } else if (c == '\x1b' && i + 1 < bytes.size() && bytes[i + 1] == '[') {
      const auto end = bytes.find_first_not_of("0123456789;?", i + 2);
      if (end == std::string::npos) break;
      const std::string number = bytes.substr(i + 2, end - i - 2);
      if (bytes[end] == 'A') row -= std::min<std::size_t>(row, number.empty() ? 1 : std::stoul(number));
      if (bytes[end] == 'K') rows[row].resize(std::min(rows[row].size(), column));
      if (bytes[end] == 'J') {
        rows[row].resize(std::min(rows[row].size(), column));
        rows.resize(row + 1);
      }
      i = end;
    } else {
      rows[row].resize(std::max(rows[row].size(), column + 1), ' ');
      rows[row][column++] = c;
    }
  }
  std::string out;
  for (const auto& one : rows) out += one + "\n";
  return out;
}

}  // namespace deployctl::testing
