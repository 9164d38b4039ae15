#include "core/builder/build_steps.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "core/host/process_session.hpp"
#include "core/io/files.hpp"

namespace deployctl::builder {
namespace {

constexpr Duration grace{std::chrono::seconds(5)};
constexpr int look_again = 50;  // ms between two reads of the log
constexpr std::size_t last_lines = 20;
constexpr std::size_t max_tail = 16 * 1024;

std::uint64_t size_of(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 ? static_cast<std::uint64_t>(st.st_size) : 0;
}

std::string read_part(const std::string& path, std::uint64_t from, std::size_t most) {
  auto fd = io::open_fd(path, O_RDONLY);
  if (!fd) return {};
  std::string text(most, '\0');
  const ssize_t n = ::pread(fd->get(), text.data(), text.size(), static_cast<off_t>(from));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  return text;
}

std::string tail(const std::string& path, std::uint64_t from) {
  const auto size = size_of(path);
  std::string text = read_part(path, std::max(from, size > max_tail ? size - max_tail : 0), max_tail);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t at = text.size();
  for (std::size_t n = 0; n < last_lines && at != std::string::npos && at > 0; ++n) at = text.rfind('\n', at - 1);
  if (at != std::string::npos && at > 0) text.erase(0, at + 1);
  return text;
}

bool disk_is_full(const std::string& path) {
  struct statvfs st {};
  return ::statvfs(path.c_str(), &st) == 0 &&
         (st.f_bavail * st.f_frsize < 1024 * 1024 || (st.f_files > 0 && st.f_favail == 0));
}

std::string first_line(const std::string& step) {
  const auto end = step.find('\n');
  return end == std::string::npos ? step : step.substr(0, end) + " ...";
}

}  // namespace

Steps::~Steps() {
  for (auto& child : children_) host::end_session(child.pid(), grace);
}

void Steps::announce(const std::string& what) { watch_.step(what, ++number_, total_); }

void Steps::say(const std::string& line) {
  auto fd = io::open_fd(log_, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (fd) (void)io::write_all(fd->get(), as_bytes(line + "\n"));
  tell_new_output();
}

void Steps::tell_new_output() {
  for (;;) {
    const std::string text = read_part(log_, told_, 64 * 1024);
    if (text.empty()) return;
    told_ += text.size();
    watch_.output(text);
  }
}

Steps::Over Steps::follow(host::Subprocess& child, Time deadline) {
  for (;;) {
    tell_new_output();
    if (child.exited()) return Over::exited;
    if (cancel_.cancelled()) return Over::cancelled;
    const auto left = std::chrono::ceil<Duration>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return Over::timed_out;
    pollfd events[] = {{child.pidfd(), POLLIN, 0}, {cancel_.fd(), POLLIN, 0}};
    ::poll(events, 2, static_cast<int>(std::min<std::int64_t>(left, look_again)));
  }
}

Error Steps::failure(const std::string& what, const std::string& how, std::uint64_t from) const {
  std::string message = what + ": " + how;
  std::string hint = "the whole log is " + log_ + "; the checkout is kept in " + slot_.src() + " until the next build";
  const std::string words = tail(log_, from);
  if (disk_is_full(slot_.path())) hint = "the disk of " + slot_.path() + " is full: make room; " + hint;
  if (!words.empty()) message += "\n" + words;
  return with_hint(error(Code::build_failed, message), hint);
}

Status Steps::run_line(const std::string& what, const std::string& line, Time deadline, Duration timeout,
                       const std::vector<std::string>& env) {
  say("$ " + line);
  const auto from = size_of(log_);
  host::Command command;
  command.argv = {"/bin/sh", "-e", "-c", line};
  command.cwd = slot_.src();
  command.env = env;
  command.out = host::Stdio::append(log_);
  command.err = host::Stdio::append(log_);
  command.group = host::Command::Group::session;
  DEPLOYCTL_TRY(child, host::Subprocess::spawn(command));
  children_.push_back(std::move(child));
  auto& running = children_.back();
  DEPLOYCTL_CHECK(slot_.note_session(running.pid()));
  const Over over = follow(running, deadline);
  if (over != Over::exited) host::end_session(running.pid(), grace);
  tell_new_output();
  if (over == Over::cancelled) return fail(Code::cancelled, what + ": cancelled");
  if (over == Over::timed_out)
    return fail(failure(what, "not over after " + human_duration(timeout) + ", the plan's timeout", from));
  const auto exit = running.exited();
  if (exit && exit->ok()) return {};
  return fail(failure(what, exit ? exit->text() : "vanished", from));
}

Status Steps::run(const std::string& what, const std::vector<std::string>& lines, Duration timeout,
                  const std::vector<std::string>& env) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    announce(lines[i]);
    const std::string which =
        lines.size() == 1 ? what : what + " " + std::to_string(i + 1) + " of " + std::to_string(lines.size());
    DEPLOYCTL_CHECK(run_line(which + " (" + first_line(lines[i]) + ")", lines[i], deadline, timeout, env));
  }
  return {};
}

}  // namespace deployctl::builder
